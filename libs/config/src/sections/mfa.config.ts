import { section, setting } from '../setting.js';

export const mfaSection = section('mfa', 'Multi-factor authentication', {
  issuer: setting.text({
    env: 'IMBI_MFA_ISSUER',
    default: 'Imbi',
    description: 'What authenticator apps call the account; `:` cannot be in it.',
    pattern: /^[^:]{1,100}$/,
  }),
  freshProofTtl: setting.duration({
    env: 'IMBI_AUTH_FRESH_PROOF_TTL',
    default: 300,
    min: 0,
    max: 86_400,
    description: 'How long after signing in the password is not asked for again, where a fresh proof is needed.',
    example: '5m',
  }),
});
