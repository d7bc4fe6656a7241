import { defineVertex, property } from '#libs/graph';

export const User = defineVertex('User', {
  properties: {
    email: property.text({ maxLength: 254, description: 'As it was typed; shown and mailed to.' }),
    /** `emailKey(email)`: what makes two spellings of one address the same. */
    email_key: property.text({ maxLength: 254 }),
    display_name: property.text({ maxLength: 200 }),
    password_hash: property.secret({ optional: true }),
    is_active: property.boolean(),
    is_admin: property.boolean({ description: 'Holds every permission, everywhere.' }),
    email_verified_at: property.timestamp({ optional: true }),
    avatar: property.text({ maxLength: 2000, optional: true, description: 'An address, or the id of an upload.' }),
    last_login_at: property.timestamp({ optional: true }),
    mfa_enabled_at: property.timestamp({ optional: true, description: 'Unset where there is no second factor.' }),
  },
  unique: [['email_key']],
  indexes: [['display_name', 'id'], ['email', 'id'], ['created_at', 'id'], ['avatar']],
});

export const ServiceAccount = defineVertex('ServiceAccount', {
  properties: {
    slug: property.slug(),
    name: property.text({ maxLength: 200 }),
    description: property.text({ maxLength: 2000, optional: true }),
    is_active: property.boolean(),
    is_admin: property.boolean(),
  },
  unique: [['slug']],
});

export const Group = defineVertex('Group', {
  properties: {
    slug: property.slug(),
    name: property.text({ maxLength: 200 }),
    description: property.text({ maxLength: 2000, optional: true }),
  },
  unique: [['slug']],
});

export const Role = defineVertex('Role', {
  properties: {
    slug: property.slug(),
    name: property.text({ maxLength: 200 }),
    description: property.text({ maxLength: 2000, optional: true }),
    priority: property.integer({ description: 'Order of display; the greater, the mightier.' }),
    is_system: property.boolean({ description: 'Comes with the product and cannot be deleted.' }),
    is_default: property.boolean({ description: 'Given to new users.' }),
    require_mfa: property.boolean({ optional: true, description: 'Who holds it needs a second factor.' }),
  },
  unique: [['slug']],
});

export const Permission = defineVertex('Permission', {
  properties: {
    name: property.text({ maxLength: 200, description: '`resource:action`.' }),
    description: property.text({ maxLength: 2000, optional: true }),
  },
  unique: [['name']],
});

/** One address has one account, however it is capitalised or composed. */
export function emailKey(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}
