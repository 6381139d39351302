export type { BlobStore, ListedBlob, PutOptions, ReadOptions, StoredBlob } from './port/blob-store';
