/**
 * Work inside one transaction. Opaque: only the functions of this library look inside.
 * Nothing outside the database may be awaited while it is open.
 */
declare const transactionBrand: unique symbol;
export interface Transaction {
  readonly [transactionBrand]: true;
}

export interface Database {
  readonly kind: 'libsql' | 'postgres';
  /**
   * Runs `work` in a transaction: all of it or nothing. Runs again (at most 5 times, with back-off) after a serialisation failure, a deadlock
   * or a busy file; `work` must therefore have no other effects. Once a statement has failed nothing is kept, also when `work` catches the error.
   * A connection that breaks during the commit leaves open whether it was kept: what is tried again must be harmless if it was.
   *
   * @throws CfgenError DATABASE_UNAVAILABLE (retryable) when the database cannot be reached; INTERNAL when begun inside the work of another
   * transaction of this database; whatever `work` throws otherwise
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** @throws CfgenError DATABASE_UNAVAILABLE */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Where the rows are. Each service has rows of its own: a schema in PostgreSQL, a file of its own with libsql.
 */
export type DatabaseLocation =
  | { readonly kind: 'libsql'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema: string; readonly poolSize?: number };

/** Which tables a database has: those of a stage service, or those of the gateway. Both have inbox, outbox and leases. */
export type DatabaseContent = 'stage' | 'gateway';
