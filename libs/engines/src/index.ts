export { EmbeddedPostgres, type EmbeddedPostgresOptions, type PostgresAddress } from './embedded-postgres.js';
export { DataDirectoryInUseError } from './engine-process.js';
export { MailCatcher, type MailCatcherAddress, type MailFaults, type SmtpRefusal } from './mail-catcher.js';
export type { CaughtMail, CaughtMailSummary } from './mail-store.js';
