import { defineJob } from '#libs/queue';

/** What the job of a mail is told. */
export type EmailPayload = {
  /** Where the job is not the mail's first: a retry by hand has a job id of its own. */
  email_id: string | null;
  to: string;
  template: string;
  /** JSON, encrypted: links that work once must not be read in a queue. */
  variables: string;
  expires_at: string | null;
  user_id: string | null;
  related_kind: string | null;
  related_id: string | null;
};

/**
 * Its attempts are no limit of ours: {@link EmailDelivery} counts deliveries itself, because waiting for another
 * worker's send lock is none.
 */
export const sendEmail = defineJob<EmailPayload>('email/send', {
  // What is claimed beyond the connections would only wait for one, with a lease that keeps other workers from it.
  concurrency: ({ mail }) => mail.connections,
  attempts: 100,
  backoff: { kind: 'exponential', baseMs: 1000, maxMs: 60_000, jitter: 0.5 },
});
