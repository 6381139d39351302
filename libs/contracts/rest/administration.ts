import { z } from 'zod';
import { ulidSchema } from '../messages/shapes';
import { pageOf, pageQueryFields, timeSchema } from './paging';

/** What a token allows; each includes those before it. */
export const scopes = ['read', 'write', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** A token, without its secret. */
export const tokenSchema = z.object({
  id: ulidSchema,
  name: z.string(),
  scope: z.enum(scopes),
  createdAt: timeSchema,
  expiresAt: timeSchema.nullable(),
  lastUsedAt: timeSchema.nullable(),
  revokedAt: timeSchema.nullable(),
});
export type Token = z.infer<typeof tokenSchema>;
export const tokenPageSchema = pageOf(tokenSchema);
export const listTokensQuerySchema = z.strictObject(pageQueryFields);

export const createTokenSchema = z.strictObject({
  name: z.string().min(1).max(128),
  scope: z.enum(scopes),
  /** Left out: it holds until it is revoked. */
  expiresAt: timeSchema.optional(),
});
export type CreateToken = z.input<typeof createTokenSchema>;

/** A new token with its secret, which is shown this once. */
export const createdTokenSchema = tokenSchema.extend({ secret: z.string() });
export type CreatedToken = z.infer<typeof createdTokenSchema>;

/** A message that nobody could read, and why. */
export const deadLetterRecordSchema = z.object({
  id: ulidSchema,
  topic: z.string(),
  partition: z.int().min(0),
  /** Place in the partition, as text. */
  offset: z.string(),
  key: z.string(),
  /** As it came; cut to 48 KiB when it is larger, and then `truncated`. */
  value: z.string(),
  truncated: z.boolean(),
  headers: z.record(z.string(), z.string()),
  group: z.string(),
  reason: z.string(),
  failedAt: timeSchema,
  /** When it was last published again. */
  replayedAt: timeSchema.nullable(),
});
export type DeadLetterRecord = z.infer<typeof deadLetterRecordSchema>;
export const deadLetterPageSchema = pageOf(deadLetterRecordSchema);
export const listDeadLettersQuerySchema = z.strictObject({ ...pageQueryFields, topic: z.string().min(1).max(255).optional() });

/** What a server is, and what it is made of. */
export const systemSchema = z.object({
  version: z.string(),
  profile: z.enum(['embedded', 'distributed']),
  /** What computes, in words. */
  engine: z.string(),
  /** What each port resolved to. */
  ports: z.object({
    bus: z.enum(['in-process', 'kafka']),
    store: z.enum(['folder', 's3']),
    database: z.enum(['libsql', 'postgres']),
  }),
  /** Whether requests need a token. */
  authentication: z.boolean(),
  limits: z.object({ uploadBytes: z.int().min(0) }),
});
export type System = z.infer<typeof systemSchema>;

/** Health: each part that was asked, and what is wrong with it. */
export const healthSchema = z.object({
  status: z.enum(['ok', 'unavailable']),
  checks: z.record(z.string(), z.object({ status: z.enum(['ok', 'unavailable']), detail: z.string().optional() })),
});
export type Health = z.infer<typeof healthSchema>;
