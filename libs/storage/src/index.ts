export { ApiLinks, type ApiLinksOptions } from './api-links.js';
export { contentDisposition, type Disposition } from './content-disposition.js';
export { DiskStorage, type DiskStorageOptions } from './disk-storage.js';
export { assertKey } from './object-key.js';
export {
  type ByteRange,
  type ListedObject,
  type ListOptions,
  type ListPage,
  OBJECT_STORAGE,
  type ObjectReading,
  type ObjectStorage,
  type PutOptions,
  type SignedUrlOptions,
  type StoredObject,
} from './object-storage.js';
export { S3Storage, type S3StorageOptions } from './s3-storage.js';
export { type SignedObjects, type StorageRequest, type StorageResponse, serveSignedUrl } from './serve-signed-url.js';
