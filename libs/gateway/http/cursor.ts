import { CfgenError } from '@cfgen/contracts';
import type { PageCursor, RowPage } from '@cfgen/persistence';

/** A place in a list as text that callers pass back as it is. */
export function cursorText({ createdAt, id }: PageCursor): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

/** @throws CfgenError REQUEST_INVALID for a text that is no cursor of ours */
export function readCursor(text: string | undefined): PageCursor | undefined {
  if (text === undefined) return undefined;
  try {
    const [createdAt, id] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    if (typeof createdAt === 'number' && typeof id === 'string') return { createdAt, id };
  } catch {
    // Said below.
  }
  throw new CfgenError('REQUEST_INVALID', 'query.cursor: not a cursor of this server', {
    hint: 'Pass the nextCursor of the page before.',
    details: { field: 'query.cursor' },
  });
}

export function pageView<Row, Item>({ rows, next }: RowPage<Row>, view: (row: Row) => Item): { items: Item[]; nextCursor: string | null } {
  return { items: rows.map(view), nextCursor: next === null ? null : cursorText(next) };
}
