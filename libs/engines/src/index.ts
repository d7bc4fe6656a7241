export { EmbeddedPostgres, type EmbeddedPostgresOptions, type PostgresAddress } from './embedded-postgres.js';
export { DataDirectoryInUseError } from './engine-process.js';
