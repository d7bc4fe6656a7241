import { section, setting } from '../setting.js';

export const storageSection = section('storage', 'Files', {
  bucket: setting.text({
    env: 'S3_BUCKET',
    optional: true,
    pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    description: 'The S3 bucket for files; without it they are kept in the data directory.',
    example: 'imbi-uploads',
  }),
  endpoint: setting.url({
    env: 'S3_ENDPOINT',
    optional: true,
    protocols: ['http', 'https'],
    description: 'The address of an S3-compatible server; without it AWS itself. Browsers must reach it too.',
    example: 'https://s3.example.org',
  }),
  region: setting.text({
    env: 'S3_REGION',
    default: 'us-east-1',
    pattern: /^[a-z0-9-]{1,40}$/,
    description: 'The region that requests are signed for.',
    example: 'eu-central-1',
  }),
  accessKeyId: setting.text({
    env: 'S3_ACCESS_KEY_ID',
    optional: true,
    description: 'The access key; without it the AWS SDK looks for credentials itself (role, profile).',
    example: 'AKIAIOSFODNN7EXAMPLE',
  }),
  secretAccessKey: setting.secret({
    env: 'S3_SECRET_ACCESS_KEY',
    optional: true,
    description: 'The secret of the access key.',
  }),
  forcePathStyle: setting.boolean({
    env: 'S3_FORCE_PATH_STYLE',
    default: false,
    description: 'Puts the bucket in the path instead of the host name; most servers other than AWS need it.',
  }),
  urlTtl: setting.duration({
    env: 'IMBI_STORAGE_URL_TTL',
    default: 300,
    min: 5,
    max: 3600,
    description: 'How long a link to a file stays valid.',
    example: '5m',
  }),
});
