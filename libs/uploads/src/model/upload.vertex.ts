import { defineEdge, defineVertex, property } from '#libs/graph';

/** What is known of a file; its bytes are in the object storage. */
export const Upload = defineVertex('Upload', {
  properties: {
    organization_id: property.id({ optional: true, description: 'Unset where it is for everybody who signs in.' }),
    filename: property.text({ maxLength: 255 }),
    content_type: property.text({ maxLength: 100 }),
    size: property.integer({ optional: true, description: 'Bytes, as it was sent; unset while it is being sent.' }),
    sha256: property.text({ maxLength: 64, optional: true, description: 'Hex, of the file as it was sent.' }),
    /** Never made of anything that a client said. Uploads of the same bytes by the same owner share one. */
    s3_key: property.text({ maxLength: 64 }),
    status: property.oneOf(['pending', 'ready'], { description: 'Pending ones are seen by nobody.' }),
    thumbnail_status: property.oneOf(['pending', 'ready', 'failed'], { optional: true }),
    width: property.integer({ optional: true, description: 'Pixels, as it is shown.' }),
    height: property.integer({ optional: true, description: 'Pixels, as it is shown.' }),
    uploaded_by: property.id({ description: 'A user or a service account.' }),
  },
  indexes: [
    ['organization_id', 'created_at', 'id'],
    ['organization_id', 'filename', 'id'],
    ['uploaded_by', 'sha256'],
    ['s3_key'],
    ['status', 'created_at', 'id'],
  ],
});

/** From an upload to what it is for. An entity can be joined to one upload in several ways. */
export const AttachedTo = defineEdge('ATTACHED_TO', {
  from: Upload,
  to: 'any',
  properties: { as: property.oneOf(['attachment', 'icon', 'avatar']) },
  unique: 'none',
});

export const uploadDefinitions = [Upload, AttachedTo];

export const OBJECTS_PREFIX = 'uploads/';
export const THUMBNAILS_PREFIX = 'thumbnails/';

/** Where the bytes of a new upload go. */
export function objectKey(id: string): string {
  return `${OBJECTS_PREFIX}${id}`;
}

/** Where the thumbnail of an object is: uploads that share the object share it too. */
export function thumbnailKey(key: string): string {
  return THUMBNAILS_PREFIX + key.slice(OBJECTS_PREFIX.length);
}
