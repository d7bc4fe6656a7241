import { section, setting } from '../setting.js';

export const mailSection = section('mail', 'Mail', {
  smtpUrl: setting.url({
    env: 'SMTP_URL',
    optional: true,
    protocols: ['smtp', 'smtps'],
    description: 'The mail server; without it the embedded catcher takes all mail and shows it in its inbox.',
    example: 'smtps://imbi:…@mail.example.org:465',
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
