import { PageOf } from '#libs/http';

/** A mail that could not be delivered. */
export class FailedEmailResponseDto {
  /**
   * Nano ID; never changes.
   * @example V1StGXR8_Z5jdHi6B-myT
   */
  id!: string;

  /** The id of the mail; it is in its Message-ID and in the audit table. */
  email_id!: string;

  /**
   * Whom it is to.
   * @example ada@example.org
   */
  recipient!: string;

  /**
   * What kind of mail it is.
   * @example password-reset
   */
  template!: string;

  /** What went wrong at each attempt, the newest last. */
  errors!: string[];

  /**
   * How often it was tried.
   * @example 3
   */
  attempts!: number;

  /**
   * When it was given up.
   * @example 2026-11-24T10:00:00.000Z
   */
  failed_at!: string;

  /** From when on it is of no use, because its link has run out; null for never. */
  expires_at!: string | null;

  /** The user it is to; null where it is to none. */
  user_id!: string | null;
}

/** A page of failed mails. */
export class FailedEmailPageDto extends PageOf(FailedEmailResponseDto) {}

/** What retrying all came to. */
export class RetriedEmailsDto {
  /**
   * How many mails are on their way again.
   * @example 12
   */
  retried!: number;
}

/** How a mail looks, with sample data. */
export class EmailPreviewDto {
  /**
   * The subject.
   * @example "Set a new password"
   */
  subject!: string;

  /** The HTML. */
  html!: string;

  /** The text. */
  text!: string;
}
