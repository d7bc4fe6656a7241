import 'reflect-metadata';
import { Command } from 'commander';
import type { ImportCommandOptions } from './commands/import.command.js';
import type { TypesCommandOptions } from './commands/types.command.js';
import { reportFailure } from './report-failure.js';

// A closed terminal, or a reader such as `head` that has seen enough, must not end a command half way.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const program = new Command('imbi')
  .description('A service-management platform: a graph catalogue of projects.')
  .showHelpAfterError();

// Each command is loaded when it is called: `imbi --help` must not wait for the whole product.
program
  .command('start')
  .description('run the whole product here, with embedded engines for whatever is not configured')
  .action(async () => (await import('./commands/start.command.js')).start());

program
  .command('migrate')
  .description('bring every engine’s schema up to date')
  .action(async () => (await import('./commands/migrate.command.js')).migrateAll());

program
  .command('doctor')
  .description('check every dependency and say what to do')
  .action(async () => (await import('./commands/doctor.command.js')).doctor());

const keys = program.command('keys').description('encryption and signing keys');
keys
  .command('generate')
  .description('print a new key for IMBI_AUTH_ENCRYPTION_KEY')
  .action(async () => (await import('./commands/keys.command.js')).generateEncryptionKey());
keys
  .command('rotate')
  .description('make a new key for signing access tokens; the old one verifies until its tokens have expired')
  .action(async () => (await import('./commands/keys.command.js')).rotateSigningKeys());

keys
  .command('reencrypt')
  .description('rewrite what is encrypted under an older key of IMBI_AUTH_ENCRYPTION_KEY under its first one')
  .action(async () => (await import('./commands/keys.command.js')).reencrypt());

program
  .command('types')
  .description('write TypeScript types of the attributes that an organization’s projects have')
  .requiredOption('--organization <slug>', 'whose projects')
  .option('--out <file>', 'where to write them; to standard output otherwise')
  .option('--sdk <package>', 'what the client package is imported by', '@imbi/sdk')
  .action(async (options: TypesCommandOptions) => (await import('./commands/types.command.js')).writeTypes(options));

program
  .command('login')
  .description('sign in to a server; later commands use that sign-in')
  .argument('<url>', 'the server’s address, such as http://127.0.0.1:8300')
  .requiredOption('--email <email>', 'the e-mail address of your account')
  .action(async (url: string, options: { email: string }) =>
    (await import('./commands/login.command.js')).login(url, options),
  );
program
  .command('logout')
  .description('end that sign-in')
  .action(async () => (await import('./commands/login.command.js')).logout());

program
  .command('create-admin')
  .description('make an administrator; the password is asked for, or read from standard input')
  .argument('<email>', 'the address to sign in with')
  .option('--name <name>', 'the name people see')
  .action(async (email: string, options: { name?: string }) =>
    (await import('./commands/users.command.js')).createAdmin(email, options),
  );
program
  .command('reset-password')
  .description('give a user a new password; it is asked for, or read from standard input')
  .argument('<email>', 'the address of the account')
  .action(async (email: string) => (await import('./commands/users.command.js')).resetPassword(email));

program
  .command('reset-mfa')
  .description('take away the second factor of a user who lost it')
  .argument('<email>', 'the address of the account')
  .action(async (email: string) => (await import('./commands/users.command.js')).resetMfa(email));

program
  .command('unlock')
  .description('let a user try again at once, whose sign-ins wait after failed ones')
  .argument('<email>', 'the address of the account')
  .action(async (email: string) => (await import('./commands/users.command.js')).unlock(email));

program
  .command('local-auth')
  .description('let users sign in with passwords again, where no provider lets anybody in')
  .argument('<state>', 'on')
  .action(async (state: string) => (await import('./commands/local-auth.command.js')).switchLocalAuth(state));

const importing = program.command('import').description('load catalogues of other tools');
importing
  .command('landscape')
  .description('load a CNCF landscape file')
  .argument('<file>', 'a landscape.yml')
  .option('--organization <slug>', 'the organization to load it into', 'cncf')
  .option('--name <name>', 'the organization’s name, should it have to be made')
  .option('--dry-run', 'only report what would be done')
  .action(async (file: string, options: ImportCommandOptions) =>
    (await import('./commands/import.command.js')).importLandscape(file, options),
  );
importing
  .command('backstage')
  .description('load Backstage catalog-info.yaml files')
  .argument('<paths...>', 'files, or folders that are searched for catalog-info.yaml')
  .requiredOption('--organization <slug>', 'the organization to load them into')
  .option('--name <name>', 'the organization’s name, should it have to be made')
  .option('--dry-run', 'only report what would be done')
  .action(async (paths: string[], options: ImportCommandOptions) =>
    (await import('./commands/import.command.js')).importBackstage(paths, options),
  );

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
