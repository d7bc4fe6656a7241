export {
  apiKey,
  bearer,
  type ClientCredentialsOptions,
  type Credentials,
  type CredentialsHttp,
  clientCredentials,
  type PasswordOptions,
  password,
  type Tokens,
  tokens,
} from './credentials.js';
export type { Client } from './gen/client/index.js';
export * from './gen/index.js';
export { createImbiClient, type ImbiClientOptions } from './imbi-client.js';
export { jsonLines } from './json-lines.js';
export { type Conditional, ifModified, NotModified } from './not-modified.js';
export { items, type PageOf, pages } from './pages.js';
export {
  ConflictError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  ProblemError,
  RateLimitedError,
  StaleVersionError,
  UnauthenticatedError,
  UnavailableError,
} from './problem-error.js';
export type { RetryOptions } from './resilient-fetch.js';
export { type UploadFileOptions, uploadFile } from './upload-file.js';
export type { UploadProgress, UploadSource } from './upload-transport.js';
