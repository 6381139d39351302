/** Bytes as they lie in the store. */
export interface StoredBlob {
  /** sha256 of the bytes, lower-case hexadecimal: their address. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface ListedBlob extends StoredBlob {
  /** Milliseconds since 1970 of the last put. */
  readonly storedAt: number;
}

export interface PutOptions {
  readonly signal?: AbortSignal;
  /** More bytes than this are refused (TOO_LARGE) and leave nothing behind. */
  readonly maxBytes?: number;
  /** Bytes of another hash are refused (BLOB_DAMAGED) and leave nothing behind. */
  readonly sha256?: string;
}

export interface ReadOptions {
  /** Bytes `from` (included) to `to` (excluded). A part cannot be verified; the whole always is. */
  readonly range?: { readonly from: number; readonly to: number };
  readonly signal?: AbortSignal;
}

/**
 * Keeps bytes by their content. Putting the same bytes twice keeps them once; a blob is whole or not there; reading the whole of it
 * verifies length and hash. No name or path from outside reaches the store.
 */
export interface BlobStore {
  readonly kind: 'folder' | 's3';
  /**
   * @throws CfgenError TOO_LARGE, BLOB_DAMAGED, STORE_UNAVAILABLE (retryable), OUTPUT_UNWRITABLE (disk full), INTERRUPTED (signal)
   */
  put(content: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredBlob>;
  /**
   * The bytes as a stream; ends with BLOB_DAMAGED after the last chunk when the whole was read and its hash is another.
   *
   * @throws CfgenError BLOB_NOT_FOUND, STORE_UNAVAILABLE
   */
  read(sha256: string, options?: ReadOptions): Promise<AsyncIterable<Uint8Array>>;
  /** The whole, verified before it is returned. For small contents. */
  readWhole(sha256: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** Copies a blob to a local file: written beside it, verified, renamed. A file that is there with the right length is taken as it is. */
  fetch(sha256: string, file: string, signal?: AbortSignal): Promise<void>;
  /** Size and time, or null where there is no such blob. */
  stat(sha256: string): Promise<ListedBlob | null>;
  /** Every blob, in the order of their hashes. */
  list(): AsyncIterable<ListedBlob>;
  /** Removes a blob; nothing happens where there is none. */
  delete(sha256: string): Promise<void>;
  /** Removes what broken-off writes left behind (temporary files, unfinished multipart uploads) and is older than the given age. */
  sweep(olderThanMs: number): Promise<number>;
  /** A URL from which anyone can read the blob for a while, or null where the store has none to give (folder). */
  presign(
    sha256: string,
    options: { readonly seconds: number; readonly fileName: string; readonly mediaType: string },
  ): Promise<string | null>;
  /**
   * Opens a data file that lies outside the blobs, by a URI within the places the operator allowed for imports
   * (`s3://bucket/key`; `file:///folder/name` with the folder store).
   *
   * @throws CfgenError FORBIDDEN where the place is not allowed, NOT_FOUND, REQUEST_INVALID
   */
  openImport(uri: string, signal?: AbortSignal): Promise<{ readonly content: AsyncIterable<Uint8Array>; readonly fileName: string }>;
  /** Resolves when the store answers. @throws CfgenError STORE_UNAVAILABLE */
  check(): Promise<void>;
  close(): Promise<void>;
}
