import type { Config } from '#libs/config';

// Where nothing is configured nothing is ever sent, but the transport wants a host.
const NOWHERE = 'smtp://127.0.0.1:25';

/** What nodemailer is told of the mail server. It connects when there is a mail, so an absent server stops no boot. */
export function transportOptions({ mail }: Pick<Config, 'mail'>) {
  const url = new URL(mail.smtpUrl ?? NOWHERE);
  const secure = url.protocol === 'smtps:';
  const user = mail.username ?? decodeURIComponent(url.username);
  const pass = mail.password ?? decodeURIComponent(url.password);
  const milliseconds = Math.round(mail.timeout * 1000);
  return {
    pool: true as const,
    host: url.hostname,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    ignoreTLS: !secure && mail.tls === 'off',
    requireTLS: !secure && mail.tls === 'required',
    tls: { rejectUnauthorized: mail.tlsVerify },
    ...(user === '' ? {} : { auth: { user, pass } }),
    maxConnections: mail.connections,
    // A mail whose connection breaks is ours to try again: only we count and record it.
    maxRequeues: 0,
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
