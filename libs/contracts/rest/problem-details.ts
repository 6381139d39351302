import { z } from 'zod';
import { jsonValueSchema } from '../messages/shapes';
import { errorCodes, type CfgenError, type ErrorCode } from '../errors/cfgen-error';

/** Media type of every error answer (RFC 9457). */
export const problemMediaType = 'application/problem+json';

/** Error answer of the HTTP API. */
export const problemDetailsSchema = z.object({
  /** `urn:cfgen:error:<CODE>`. */
  type: z.string(),
  /** The code in words; the same for every error of a code. */
  title: z.string(),
  status: z.int().min(400).max(599),
  /** What was found, and where. */
  detail: z.string(),
  code: z.enum(errorCodes),
  /** What to do about it. */
  hint: z.string().optional(),
  /** Whether the same request may succeed later. */
  retryable: z.boolean(),
  details: z.record(z.string(), jsonValueSchema).optional(),
  /** Path of the request. */
  instance: z.string(),
});
export type ProblemDetails = z.infer<typeof problemDetailsSchema>;

const statuses = {
  INPUT_NOT_FOUND: 422,
  INPUT_UNREADABLE: 422,
  INPUT_DAMAGED: 422,
  INPUT_INCOMPLETE: 422,
  INPUT_FORMAT: 422,
  INPUT_UNSUPPORTED: 422,
  INPUT_NOT_COUNTS: 422,
  INPUT_EMPTY: 422,
  INPUT_TOO_FEW_CELLS: 422,
  LABEL_MISSING: 422,
  LABEL_UNUSABLE: 422,
  FEATURES_MISMATCH: 422,
  REQUEST_INVALID: 400,
  REQUEST_UNKNOWN_VALUE: 422,
  MEMORY_EXCEEDED: 422,
  MODEL_NOT_FOUND: 404,
  MODEL_DAMAGED: 500,
  MODEL_TOO_NEW: 422,
  TRAINING_DIVERGED: 422,
  CHECKPOINT_MISMATCH: 409,
  OUTPUT_EXISTS: 409,
  OUTPUT_UNWRITABLE: 507,
  ENGINE_UNAVAILABLE: 503,
  INTERRUPTED: 503,
  CANCELLED: 409,
  NOT_FOUND: 404,
  CONFLICT: 409,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  MESSAGE_INVALID: 422,
  BLOB_NOT_FOUND: 404,
  BLOB_DAMAGED: 500,
  STORE_UNAVAILABLE: 503,
  DATABASE_UNAVAILABLE: 503,
  BUS_UNAVAILABLE: 503,
  SERVER_UNREACHABLE: 502,
  COMPUTE_CRASHED: 500,
  LEASE_LOST: 409,
  CONFIGURATION_INVALID: 500,
  INTERNAL: 500,
} as const satisfies Readonly<Record<ErrorCode, number>>;

/** HTTP status that tells of an error code. */
export function statusOf(code: ErrorCode): number {
  return statuses[code];
}

/** `INPUT_NOT_FOUND` in words: `Input not found`. */
export function titleOf(code: ErrorCode): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * The answer that tells of an error. Causes and stacks stay inside.
 *
 * @param instance path of the request
 */
export function problemDetailsOf(error: CfgenError, instance: string): ProblemDetails {
  return {
    type: `urn:cfgen:error:${error.code}`,
    title: titleOf(error.code),
    status: statusOf(error.code),
    detail: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    retryable: error.retryable,
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details as NonNullable<ProblemDetails['details']> }),
    instance,
  };
}
