import { section, setting } from '../setting.js';

export const accountSection = section('account', 'Accounts', {
  passwordResetTtl: setting.duration({
    env: 'IMBI_PASSWORD_RESET_TTL',
    default: 86_400,
    min: 60,
    max: 604_800,
    description: 'How long a link to set a new password works.',
    example: '24h',
  }),
  verificationTtl: setting.duration({
    env: 'IMBI_EMAIL_VERIFICATION_TTL',
    default: 604_800,
    min: 60,
    max: 2_592_000,
    description: 'How long a link to confirm an address works.',
    example: '7d',
  }),
  invitationTtl: setting.duration({
    env: 'IMBI_INVITATION_TTL',
    default: 604_800,
    min: 60,
    max: 2_592_000,
    description: 'How long the link in an invitation works.',
    example: '7d',
  }),
});
