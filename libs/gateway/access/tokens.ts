import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { CfgenError, scopes, type Scope } from '@cfgen/contracts';
import { apiTokenRows, type ApiTokenRow, type Database } from '@cfgen/persistence';

/** Who asks. */
export interface Caller {
  /** Id of the token; `anonymous` where none is needed. */
  readonly id: string;
  readonly scope: Scope;
}

export interface AccessOptions {
  readonly database: Database;
  readonly now: () => number;
  readonly newId: () => string;
}

/** A token with its secret, which is not kept. */
export interface IssuedToken {
  readonly row: ApiTokenRow;
  readonly secret: string;
}

const secretPrefix = 'cfgen_';
/** The use of a token is noted at most once in this time. */
const notedEveryMs = 60_000;

/** Tells whether somebody may do something. Without any token in the rows everybody may do everything: see `requireSafeBinding`. */
export class Access {
  private closed = false;
  private readonly noted = new Map<string, number>();

  constructor(private readonly options: AccessOptions) {}

  /** Whether no token was ever made, so that requests need none. */
  async isOpen(): Promise<boolean> {
    if (this.closed) return false;
    const count = await this.options.database.transaction((transaction) => apiTokenRows.count(transaction));
    // Tokens are revoked, never removed: once closed, closed for good.
    this.closed = count > 0;
    return !this.closed;
  }

  /** @throws CfgenError UNAUTHENTICATED, FORBIDDEN */
  async require(authorization: string | undefined, needed: Scope): Promise<Caller> {
    if (authorization === undefined && (await this.isOpen())) return { id: 'anonymous', scope: 'admin' };
    const row = await this.find(secretOf(authorization));
    const now = this.options.now();
    if (row.revokedAt !== null) throw unauthenticated('the token was revoked');
    if (row.expiresAt !== null && row.expiresAt <= now) throw unauthenticated('the token has expired');
    if (scopes.indexOf(row.scope) < scopes.indexOf(needed)) {
      throw new CfgenError('FORBIDDEN', `this needs the scope ${needed}, and the token has ${row.scope}`, {
        details: { needed, scope: row.scope },
      });
    }
    await this.note(row.id, now);
    return { id: row.id, scope: row.scope };
  }

  /** Makes a token; `secret`: one that was made elsewhere, such as by whoever installs the server. */
  async issue(token: {
    readonly name: string;
    readonly scope: Scope;
    readonly expiresAt: number | null;
    readonly secret?: string;
  }): Promise<IssuedToken> {
    const { database, now, newId } = this.options;
    const secret = token.secret ?? secretPrefix + randomBytes(32).toString('base64url');
    const row: ApiTokenRow = {
      ...{ id: newId(), name: token.name, scope: token.scope, hash: hashOf(secret) },
      ...{ createdAt: now(), expiresAt: token.expiresAt, lastUsedAt: null, revokedAt: null },
    };
    await database.transaction((transaction) => apiTokenRows.insert(transaction, row));
    this.closed = true;
    return { row, secret };
  }

  private async find(secret: string): Promise<ApiTokenRow> {
    const hash = hashOf(secret);
    const row = await this.options.database.transaction((transaction) => apiTokenRows.findByHash(transaction, hash));
    if (row === null || !timingSafeEqual(Buffer.from(row.hash), Buffer.from(hash))) throw unauthenticated('the token is not known');
    return row;
  }

  private async note(id: string, now: number): Promise<void> {
    if (now - (this.noted.get(id) ?? 0) < notedEveryMs) return;
    this.noted.set(id, now);
    await this.options.database.transaction((transaction) => apiTokenRows.update(transaction, id, { lastUsedAt: now }));
  }
}

/**
 * Refuses to listen where strangers may ask without a token.
 *
 * @param open whether no token was ever made
 * @throws CfgenError CONFIGURATION_INVALID
 */
export function requireSafeBinding(host: string, open: boolean): void {
  if (!open || isLoopback(host)) return;
  throw new CfgenError('CONFIGURATION_INVALID', `the server would listen on ${host} and let everybody in: there is no token`, {
    hint: 'Listen on 127.0.0.1, or make an administrator token first.',
    details: { host },
  });
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function secretOf(authorization: string | undefined): string {
  const found = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (found === undefined) throw unauthenticated('a bearer token is needed');
  return found;
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function unauthenticated(message: string): CfgenError {
  return new CfgenError('UNAUTHENTICATED', message, { hint: 'Send the header "Authorization: Bearer <token>".' });
}
