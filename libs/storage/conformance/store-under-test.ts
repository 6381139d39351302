import type { BlobStore } from '../index';

/** A store with a back door, for the tests of the port. */
export interface StoreUnderTest {
  readonly store: BlobStore;
  /** The same place through another store, as another process would open it. */
  reopen(): BlobStore;
  /** Puts other bytes in the place of a blob, below the store. */
  tamper(sha256: string, bytes: Uint8Array): Promise<void>;
  /** Names of what lies in the store and is no blob: temporary files and objects, unfinished uploads. */
  leftovers(): Promise<string[]>;
  readonly imports: {
    /** A data file within the allowed places, its name and content. */
    readonly allowed: { readonly uri: string; readonly fileName: string; readonly content: Uint8Array };
    readonly missing: string;
    /** Places that exist but are not allowed, ways out of the allowed ones included. */
    readonly forbidden: readonly string[];
    readonly invalid: readonly string[];
  };
  close(): Promise<void>;
}
