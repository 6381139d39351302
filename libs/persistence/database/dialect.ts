/** The two databases, as far as their SQL differs. */
export type Dialect = 'postgres' | 'libsql';
