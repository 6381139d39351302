import { CfgenError } from '@cfgen/contracts';
import type { z } from 'zod';

/** What was given; left out and undefined are the same to those who fill in their defaults. */
type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Settings as a command brings them. @throws CfgenError REQUEST_INVALID naming the setting and those there are */
export function askedSettings<S extends z.ZodObject>(what: string, schema: S, settings: unknown): Given<z.infer<S>> {
  const parsed = schema.safeParse(settings);
  if (parsed.success)
    return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined)) as Given<z.infer<S>>;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new CfgenError('REQUEST_INVALID', `the ${what} setting ${path}: ${issue?.message ?? 'unreadable'}`, {
    hint: `Settings are: ${Object.keys(schema.shape).join(', ')}.`,
    details: { path },
  });
}
