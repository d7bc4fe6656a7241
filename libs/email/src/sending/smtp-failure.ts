import { errorMessage } from '#libs/common';

/** Why a mail server did not take a mail. */
export interface SmtpFailure {
  /** Whether another try would end the same. */
  readonly permanent: boolean;
  readonly text: string;
}

const MAX_TEXT = 500;

/**
 * A refusal of the envelope or the content by 5xx is about the mail, and final. Everything else (4xx, no connection, a
 * timeout, and a login or TLS that fails, which is about us) may pass.
 */
export function smtpFailure(error: unknown): SmtpFailure {
  const { code, responseCode } = fields(error);
  const isAboutMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  const permanent = isAboutMail && (responseCode === undefined || responseCode >= 500);
  return { permanent, text: errorMessage(error).replaceAll(/\s+/g, ' ').slice(0, MAX_TEXT) };
}

function fields(error: unknown): { code?: string; responseCode?: number } {
  if (typeof error !== 'object' || error === null) return {};
  return {
    code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
    responseCode: 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : undefined,
  };
}
