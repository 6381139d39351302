import { join } from 'node:path';
import { openDatabase, apiTokenRows, type ApiTokenRow } from '@cfgen/persistence';
import { loadConfiguration, newId, rowsName, type Flags } from '@cfgen/service-host';
import { CfgenError, type Scope } from '@cfgen/contracts';
import { Access, type IssuedToken } from '../access/tokens';

/** What an administrator does with tokens beside the running gateway: on its rows, wherever they are. */
export interface TokenTools {
  create(token: { readonly name: string; readonly scope: Scope; readonly expiresAt: number | null }): Promise<IssuedToken>;
  list(): Promise<readonly ApiTokenRow[]>;
  /** @throws CfgenError NOT_FOUND */
  revoke(id: string): Promise<ApiTokenRow>;
  close(): Promise<void>;
}

/** Tokens that a listing shows, the latest first. */
const mostListed = 200;

/** Opens the rows of the gateway that the configuration names. */
export async function openTokenTools(environment: Readonly<Record<string, string | undefined>>, flags: Flags): Promise<TokenTools> {
  const configuration = loadConfiguration(environment, flags);
  const now = (): number => Date.now();
  const { dataDir, database: server } = configuration;
  const database = await openDatabase({
    location:
      configuration.profile === 'embedded'
        ? { kind: 'libsql', file: join(dataDir, `${rowsName('gateway')}.db`) }
        : { kind: 'postgres', url: server.url, schema: rowsName('gateway'), poolSize: 2 },
    content: 'gateway',
    now,
  });
  const access = new Access({ database, now, newId });
  return {
    create: (token) => access.issue(token),
    list: async () => (await database.transaction((transaction) => apiTokenRows.list(transaction, { limit: mostListed }))).rows,
    async revoke(id) {
      return database.transaction(async (transaction) => {
        const row = await apiTokenRows.find(transaction, id);
        if (row === null) throw new CfgenError('NOT_FOUND', `there is no token ${id}`, { hint: 'cfgen tokens list shows what there is.' });
        const revokedAt = row.revokedAt ?? now();
        await apiTokenRows.update(transaction, id, { revokedAt });
        return { ...row, revokedAt };
      });
    },
    close: () => database.close(),
  };
}
