export { Fernet, FernetError, type FernetFault, type FernetOpenOptions } from './fernet/fernet.js';
export { generateKey, KeyRing } from './fernet/key-ring.js';
export {
  type JwtClaims,
  JwtError,
  type JwtFault,
  type JwtKeySource,
  JwtVerifier,
  type JwtVerifierOptions,
} from './jwt/jwt-verifier.js';
export {
  exportSigningKey,
  generateSigningKey,
  importSigningKey,
  type JwtToSign,
  publicJwk,
  type SerializedSigningKey,
  type SigningKey,
  signJwt,
} from './jwt/signing-key.js';
export { SigningKeys } from './jwt/signing-keys.js';
export { PasswordHasher, type PasswordHasherOptions } from './password/password-hasher.js';
export {
  type PasswordOwner,
  PasswordPolicy,
  type PasswordPolicyOptions,
  type PasswordProfile,
} from './password/password-policy.js';
export { hmacSha256, randomToken, sha256, timingSafeEqualText } from './token.js';
