import { section, setting } from '../setting.js';

const TYPES: readonly string[] = [
  ...['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif', 'image/svg+xml'],
  ...['application/pdf', 'text/plain', 'text/markdown', 'text/csv', 'application/zip'],
];

export const uploadsSection = section('uploads', 'Uploads', {
  maxSizeMib: setting.integer({
    env: 'IMBI_UPLOAD_MAX_SIZE_MIB',
    default: 50,
    min: 1,
    max: 5120,
    unit: 'MiB',
    description: 'The largest file that can be uploaded.',
  }),
  types: setting.list({
    env: 'IMBI_UPLOAD_TYPES',
    default: TYPES,
    description: 'The types of file that can be uploaded: some or all of the default.',
    example: 'image/png,image/svg+xml',
  }),
  maxImageSide: setting.integer({
    env: 'IMBI_UPLOAD_MAX_IMAGE_SIDE',
    default: 16_384,
    min: 16,
    max: 65_535,
    unit: 'pixels',
    description: 'The most pixels along one side of an image.',
  }),
  maxMegapixels: setting.integer({
    env: 'IMBI_UPLOAD_MAX_MEGAPIXELS',
    default: 100,
    min: 1,
    max: 1000,
    unit: 'million pixels',
    description: 'The most pixels of an image in all.',
  }),
  quotaMib: setting.integer({
    env: 'IMBI_UPLOAD_QUOTA_MIB',
    default: 5120,
    min: 1,
    max: 1_000_000_000,
    unit: 'MiB',
    description: 'How much one user or service account can have uploaded in all.',
  }),
  pendingTtl: setting.duration({
    env: 'IMBI_UPLOAD_PENDING_TTL',
    default: 3600,
    min: 60,
    max: 86_400,
    description:
      'After how long an unfinished upload is taken for abandoned and cleared away. One may take half as long at most.',
    example: '1h',
  }),
});
