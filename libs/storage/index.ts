export { createFolderStore, type FolderStoreOptions } from './folder/folder-store';
export type { BlobStore, ListedBlob, PutOptions, ReadOptions, StoredBlob } from './port/blob-store';
export { createS3Store, type S3StoreOptions } from './s3/s3-store';
