import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '#libs/config';
import { transportOptions } from './transport-options.js';

const optionsOf = (env: Record<string, string>) => transportOptions(loadConfig({ NODE_ENV: 'test', ...env }));

describe('what the transport is told', () => {
  it.each([
    ['smtp://mail.example.org', {}, { port: 587, secure: false, requireTLS: false, ignoreTLS: false }],
    ['smtp://mail.example.org:25', { IMBI_MAIL_TLS: 'required' }, { port: 25, requireTLS: true }],
    ['smtp://mail.example.org:25', { IMBI_MAIL_TLS: 'off' }, { port: 25, ignoreTLS: true }],
    ['smtps://mail.example.org', { IMBI_MAIL_TLS: 'off' }, { port: 465, secure: true, ignoreTLS: false }],
    ['smtp://mail.example.org', { IMBI_MAIL_TLS_VERIFY: 'false' }, { tls: { rejectUnauthorized: false } }],
  ])('%s with %j', (SMTP_URL, env, expected) => {
    expect(optionsOf({ SMTP_URL, ...env })).toMatchObject({ host: 'mail.example.org', ...expected });
  });

  it('takes the sign-in from the address, or from settings of their own', () => {
    const SMTP_URL = 'smtp://us%40er:p%3Aw@mail.example.org';
    expect(optionsOf({ SMTP_URL })).toMatchObject({ auth: { user: 'us@er', pass: 'p:w' } });
    const settings = { IMBI_MAIL_USERNAME: 'other', IMBI_MAIL_PASSWORD: 'secret' };
    expect(optionsOf({ SMTP_URL, ...settings })).toMatchObject({ auth: { user: 'other', pass: 'secret' } });
    expect(optionsOf({ SMTP_URL: 'smtp://mail.example.org' })).not.toHaveProperty('auth');
  });

  it('never lets the pool repeat a mail by itself', () => {
    expect(optionsOf({})).toMatchObject({ pool: true, maxRequeues: 0 });
  });
});
