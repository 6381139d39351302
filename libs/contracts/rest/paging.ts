import { z } from 'zod';

/** Most items of a page. */
export const maximumPageSize = 200;

/** Query of a list: newest first, page by page. */
export const pageQueryFields = {
  /** `nextCursor` of the page before; left out: the first page. */
  cursor: z.string().min(1).max(512).optional(),
  limit: z.coerce.number().int().min(1).max(maximumPageSize).default(50),
};

/** A page of a list. `nextCursor` is null on the last one. */
export function pageOf<T extends z.ZodType>(item: T): z.ZodObject<{ items: z.ZodArray<T>; nextCursor: z.ZodNullable<z.ZodString> }> {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** ISO 8601 in UTC. */
export const timeSchema = z.iso.datetime();

/** `true` or `false` as a query says it. */
export const flagSchema = z.enum(['true', 'false']);
