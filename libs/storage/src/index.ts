export { contentDisposition, type Disposition } from './content-disposition.js';
export { DiskStorage, type DiskStorageOptions } from './disk-storage.js';
export { assertKey } from './object-key.js';
export type {
  ByteRange,
  ListedObject,
  ListOptions,
  ListPage,
  ObjectReading,
  ObjectStorage,
  PutOptions,
  SignedUrlOptions,
  StoredObject,
} from './object-storage.js';
export { S3Storage, type S3StorageOptions } from './s3-storage.js';
export { type StorageRequest, type StorageResponse, serveSignedUrl } from './serve-signed-url.js';
