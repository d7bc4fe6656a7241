import { defineJob } from '#libs/queue';

/** Somebody asked for a link for an address, which may or may not be of an account. */
export type LinkRequest = {
  purpose: 'password_reset' | 'email_verification';
  /** Encrypted: people type passwords into the wrong field. */
  email: string;
};

export const askForLink = defineJob<LinkRequest>('accounts/ask-for-link');
