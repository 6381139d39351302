import type { Command } from 'commander';
import { CfgenError } from '@cfgen/contracts';
import type { TokenTools } from '@cfgen/gateway';
import { choiceOf } from '../options/choices';
import { table } from '../terminal/tables';
import { addOutputOptions, type OutputOptions } from './common-options';
import { commandGroup } from './command-group';
import { printAnswer, type Answer, type Session } from './session';

interface Options extends OutputOptions {
  readonly dataDir?: string;
}

const scopes = ['read', 'write', 'admin'] as const;

const examples = `
Examples:
  cfgen tokens create --name dashboard --scope read
  cfgen tokens create --name nightly --scope write --days 90
  cfgen tokens revoke 01ARZ3NDEKTSV4RRFFQ69G5FAV

They work on the rows of the gateway: those of cfgen serve in --data-dir, or with CFGEN_PROFILE=distributed those in CFGEN_DATABASE_URL.
Once a token exists, every request needs one.`;

/** `cfgen tokens ...`: who may use a server. */
export function addTokens(program: Command, session: Session): void {
  const group = commandGroup(program, 'tokens', 'say who may use a server', examples);
  const add = (name: string, summary: string): Command =>
    addOutputOptions(group.command(name).summary(summary).description(summary)).option('--data-dir <folder>', 'folder of cfgen serve');

  add('create', 'make a token; its secret is shown this once')
    .requiredOption('--name <text>', 'whom or what it is for')
    .option('--scope <scope>', 'read, write or admin', 'read')
    .option('--days <n>', 'days after which it expires (default: never)')
    .action((options: Options & { name: string; scope: string; days?: string }) =>
      withTools(session, options, async (tools) => {
        const scope = choiceOf('--scope', options.scope, scopes) ?? 'read';
        const expiresAt = options.days === undefined ? null : Date.now() + daysOf(options.days) * 86_400_000;
        const { row, secret } = await tools.create({ name: options.name, scope, expiresAt });
        return {
          lines: [`Token ${row.id} (${row.name}, ${row.scope}). Its secret, which is not kept:`, secret],
          json: { command: 'tokens create', id: row.id, name: row.name, scope: row.scope, expiresAt, secret },
        };
      }),
    );
  add('list', 'list the tokens').action((options: Options) =>
    withTools(session, options, async (tools) => {
      const tokens = (await tools.list()).map(({ hash: _, ...token }) => token);
      const rows = tokens.map((token) => [
        token.id,
        token.name,
        token.scope,
        day(token.createdAt),
        token.revokedAt === null ? day(token.expiresAt) : `revoked ${day(token.revokedAt)}`,
        day(token.lastUsedAt),
      ]);
      const heads = ['token', 'name', 'scope', 'created', 'expires', 'last used'];
      return { lines: tokens.length === 0 ? ['There are no tokens.'] : table([heads, ...rows]), json: { command: 'tokens list', tokens } };
    }),
  );
  add('revoke', 'make a token useless, for good')
    .argument('<token>', 'id of the token')
    .action((id: string, options: Options) =>
      withTools(session, options, async (tools) => {
        const token = await tools.revoke(id);
        return { lines: [`Token ${token.id} (${token.name}) is revoked.`], json: { command: 'tokens revoke', id: token.id } };
      }),
    );
}

async function withTools(session: Session, options: Options, work: (tools: TokenTools) => Promise<Answer>): Promise<void> {
  const { openTokenTools } = await import('@cfgen/gateway');
  const tools = await openTokenTools(session.environment, { dataDir: options.dataDir });
  try {
    printAnswer(session, await work(tools), options.json === true);
  } finally {
    await tools.close();
  }
}

function daysOf(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days > 0 && days <= 3650) return days;
  throw new CfgenError('REQUEST_INVALID', `--days is "${text}"`, { hint: 'Give a whole number of days from 1 to 3650.' });
}

function day(time: number | null): string {
  return time === null ? '-' : new Date(time).toISOString().slice(0, 10);
}
