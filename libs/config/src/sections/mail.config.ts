import { section, setting } from '../setting.js';

export const mailSection = section('mail', 'Mail', {
  smtpUrl: setting.url({
    env: 'SMTP_URL',
    optional: true,
    protocols: ['smtp', 'smtps'],
    description: 'The mail server; without it the embedded catcher takes all mail and shows it in its inbox.',
    example: 'smtps://imbi:…@mail.example.org:465',
  }),
  enabled: setting.boolean({
    env: 'IMBI_MAIL_ENABLED',
    default: true,
    description: 'Whether mails are sent; where not, each is recorded as skipped and is gone.',
  }),
  dryRun: setting.boolean({
    env: 'IMBI_MAIL_DRY_RUN',
    default: false,
    description: 'Does everything but talk to the mail server; each mail is recorded as `dry_run`.',
  }),
  username: setting.text({
    env: 'IMBI_MAIL_USERNAME',
    optional: true,
    description: 'The user name for the mail server, unless it is in `SMTP_URL`.',
  }),
  password: setting.secret({
    env: 'IMBI_MAIL_PASSWORD',
    optional: true,
    description: 'The password for the mail server, unless it is in `SMTP_URL`.',
  }),
  tls: setting.oneOf(['auto', 'required', 'off'], {
    env: 'IMBI_MAIL_TLS',
    default: 'auto',
    description:
      'STARTTLS on `smtp://`: where the server offers it, always (else nothing is sent), or never. `smtps://` is TLS ' +
      'from the first byte.',
  }),
  tlsVerify: setting.boolean({
    env: 'IMBI_MAIL_TLS_VERIFY',
    default: true,
    description: 'Whether the certificate of the mail server must be good.',
  }),
  timeout: setting.duration({
    env: 'IMBI_MAIL_TIMEOUT',
    default: 30,
    min: 0.1,
    max: 600,
    description: 'How long the mail server may take for each step: connecting, greeting, answering.',
    example: '30s',
  }),
  connections: setting.integer({
    env: 'IMBI_MAIL_CONNECTIONS',
    default: 3,
    min: 1,
    max: 100,
    unit: 'connections',
    description: 'Connections that one worker keeps to the mail server, and so mails that it sends at once.',
  }),
  attempts: setting.integer({
    env: 'IMBI_MAIL_ATTEMPTS',
    default: 3,
    min: 1,
    max: 20,
    unit: 'attempts',
    description:
      'How often a mail is tried while the server is away or asks to wait: after 1 s, then twice as long each time, 60 s ' +
      'at the most. Then it is a failed mail, which an administrator can retry.',
  }),
  fromAddress: setting.text({
    env: 'IMBI_MAIL_FROM',
    default: 'imbi@imbi.local',
    pattern: /^[^\s@<>]+@[^\s@<>]+$/,
    description: 'The address that mails come from.',
    example: 'imbi@example.org',
  }),
  fromName: setting.text({
    env: 'IMBI_MAIL_FROM_NAME',
    default: 'Imbi',
    pattern: /^[^\r\n]{1,100}$/,
    description: 'The name that mails come from.',
  }),
  linkBase: setting.url({
    env: 'IMBI_CONSOLE_URL',
    optional: true,
    protocols: ['http', 'https'],
    description: 'Where links in mails lead to; not set means the public URL.',
    example: 'https://imbi.example.org',
  }),
  failedThreshold: setting.integer({
    env: 'IMBI_MAIL_FAILED_THRESHOLD',
    default: 10,
    min: 1,
    max: 1_000_000,
    unit: 'mails',
    description: 'From how many failed mails on readiness warns of it.',
  }),
  catcherSmtpPort: setting.integer({
    env: 'IMBI_MAIL_CATCHER_SMTP_PORT',
    default: 8325,
    min: 0,
    max: 65_535,
    description: 'SMTP port of the embedded catcher; 0 takes any free one.',
    example: '8325',
  }),
  catcherWebPort: setting.integer({
    env: 'IMBI_MAIL_CATCHER_WEB_PORT',
    default: 8380,
    min: 0,
    max: 65_535,
    description: 'Port of the embedded catcher’s inbox page; 0 takes any free one.',
    example: '8380',
  }),
  catcherKeep: setting.integer({
    env: 'IMBI_MAIL_CATCHER_KEEP',
    default: 500,
    min: 1,
    max: 100_000,
    unit: 'mails',
    description: 'How many mails the embedded catcher keeps.',
  }),
});
