import { defineVertex, property } from '#libs/graph';

/** A mail that could not be delivered and waits for a person. */
export const FailedEmail = defineVertex('FailedEmail', {
  properties: {
    /** The id of the mail: of its job, and in its Message-ID. */
    email_id: property.id(),
    recipient: property.text({ maxLength: 254 }),
    template: property.text({ maxLength: 64 }),
    /** JSON; they may hold a link that works once. */
    variables: property.encrypted(),
    errors: property.list(property.text({ maxLength: 1000 }), { description: 'One an attempt, the newest last.' }),
    attempts: property.integer(),
    failed_at: property.timestamp(),
    expires_at: property.timestamp({ optional: true, description: 'From when on the mail is of no use.' }),
    user_id: property.id({ optional: true, description: 'Whom it is to.' }),
    related_kind: property.text({ maxLength: 64, optional: true }),
    related_id: property.text({ maxLength: 64, optional: true }),
  },
  unique: [['email_id']],
  indexes: [['failed_at', 'id']],
});

export const emailDefinitions = [FailedEmail];
