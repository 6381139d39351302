import type { EntityManager, EntitySchema, ObjectLiteral, QueryDeepPartialEntity } from 'typeorm';

/** The last row of a page: the next one begins after it. */
export interface PageCursor {
  readonly createdAt: number;
  readonly id: string;
}

export interface PageRequest {
  /** Left out: the first page. */
  readonly after?: PageCursor | undefined;
  readonly limit: number;
}

/** A page of rows, newest first. */
export interface RowPage<Row> {
  readonly rows: readonly Row[];
  /** Null on the last page. */
  readonly next: PageCursor | null;
}

/** Equality by property; null asks for rows without a value, undefined for any. */
type Filter<Row> = { readonly [K in keyof Row]?: Row[K] | undefined };

/**
 * Reads a page. Rows that are inserted while somebody leafs through come before the first page and move no other.
 */
export async function pageOfRows<Row extends ObjectLiteral & PageCursor>(
  manager: EntityManager,
  entity: EntitySchema<Row>,
  filter: Filter<Row>,
  request: PageRequest,
): Promise<RowPage<Row>> {
  const query = manager.createQueryBuilder(entity, 'row');
  for (const [column, value] of Object.entries(filter)) {
    if (value === undefined) continue;
    if (value === null) query.andWhere(`row.${column} IS NULL`);
    else query.andWhere(`row.${column} = :${column}`, { [column]: value as unknown });
  }
  if (request.after !== undefined) {
    const { createdAt, id } = request.after;
    query.andWhere('(row.createdAt < :afterTime OR (row.createdAt = :afterTime AND row.id < :afterId))', {
      afterTime: createdAt,
      afterId: id,
    });
  }
  const rows = await query
    .orderBy('row.createdAt', 'DESC')
    .addOrderBy('row.id', 'DESC')
    .limit(request.limit + 1)
    .getMany();
  const page = rows.slice(0, request.limit);
  const last = page.at(-1);
  return { rows: page, next: rows.length > page.length && last !== undefined ? { createdAt: last.createdAt, id: last.id } : null };
}

/** Inserts unless a row with one of the same unique values is there; inside a transaction that goes on either way. */
export async function insertOrIgnore<Row extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntitySchema<Row>,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  await manager.createQueryBuilder().insert().into(entity).values(rows.map(partial)).orIgnore().updateEntity(false).execute();
}

/** Our rows are read-only and hold JSON, which the types of the mapper do not express. */
export function partial<Row extends ObjectLiteral>(row: Partial<Row>): QueryDeepPartialEntity<Row> {
  return row;
}
