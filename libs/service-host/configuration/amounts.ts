import { z } from 'zod';

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};

/** Bytes: a number, or text such as `4GiB` or `500MB`. */
export const bytesSchema = z.union([z.int().positive(), z.string()]).transform((value, context) => {
  if (typeof value === 'number') return value;
  const [, number = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(value) ?? [];
  const factor = units[unit.toLowerCase()];
  if (number !== '' && factor !== undefined) return Math.floor(Number(number) * factor);
  context.addIssue({ code: 'custom', message: `"${value}" is not an amount such as 4GiB or 500MB` });
  return z.NEVER;
});

/** Whole numbers, also as the text that environment variables hold. */
export function wholeNumberSchema(min: number, max: number): z.ZodType<number, number | string> {
  return z.union([z.number(), z.string().regex(/^\d+$/, 'not a whole number').transform(Number)]).pipe(z.int().min(min).max(max));
}

/** A list, also as text separated by commas. */
export const listSchema = z.union([
  z.array(z.string().min(1)),
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
]);
