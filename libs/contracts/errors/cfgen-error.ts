/**
 * Every way an operation can be refused or fail, as a stable code.
 *
 * `INPUT_*`: the file or folder given is not usable. `LABEL_*`, `REQUEST_*`: what was asked does not fit the data or the model.
 * `MODEL_*`: a model folder is not usable. `TRAINING_*`: training could not go on. `NOT_FOUND` to `TOO_MANY_REQUESTS`: answers of the
 * HTTP API. `MESSAGE_*`, `BLOB_*`, `*_UNAVAILABLE`, `COMPUTE_CRASHED`, `LEASE_LOST`: the platform. The rest is about the machine.
 */
export const errorCodes = [
  'INPUT_NOT_FOUND',
  'INPUT_UNREADABLE',
  'INPUT_DAMAGED',
  'INPUT_INCOMPLETE',
  'INPUT_FORMAT',
  'INPUT_UNSUPPORTED',
  'INPUT_NOT_COUNTS',
  'INPUT_EMPTY',
  'INPUT_TOO_FEW_CELLS',
  'LABEL_MISSING',
  'LABEL_UNUSABLE',
  'FEATURES_MISMATCH',
  'REQUEST_INVALID',
  'REQUEST_UNKNOWN_VALUE',
  'MEMORY_EXCEEDED',
  'MODEL_NOT_FOUND',
  'MODEL_DAMAGED',
  'MODEL_TOO_NEW',
  'TRAINING_DIVERGED',
  'CHECKPOINT_MISMATCH',
  'OUTPUT_EXISTS',
  'OUTPUT_UNWRITABLE',
  'ENGINE_UNAVAILABLE',
  'INTERRUPTED',
  'CANCELLED',
  'NOT_FOUND',
  'CONFLICT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'TOO_LARGE',
  'TOO_MANY_REQUESTS',
  'MESSAGE_INVALID',
  'BLOB_NOT_FOUND',
  'BLOB_DAMAGED',
  'STORE_UNAVAILABLE',
  'DATABASE_UNAVAILABLE',
  'BUS_UNAVAILABLE',
  'SERVER_UNREACHABLE',
  'COMPUTE_CRASHED',
  'LEASE_LOST',
  'CONFIGURATION_INVALID',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Codes that say "the machine or the code failed", not "the input is unusable": exit status 1 instead of 2. */
const failureCodes: ReadonlySet<ErrorCode> = new Set([
  'TRAINING_DIVERGED',
  'OUTPUT_UNWRITABLE',
  'ENGINE_UNAVAILABLE',
  'BLOB_DAMAGED',
  'STORE_UNAVAILABLE',
  'DATABASE_UNAVAILABLE',
  'BUS_UNAVAILABLE',
  'SERVER_UNREACHABLE',
  'COMPUTE_CRASHED',
  'LEASE_LOST',
  'INTERNAL',
]);

export interface CfgenErrorOptions {
  /** What the user can do about it, as one sentence. */
  readonly hint?: string;
  /** Whether trying the same again may succeed. */
  readonly retryable?: boolean;
  /** Machine-readable facts: file, field, value found. JSON values only. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error type that crosses a public function of these libraries on purpose.
 * The message names the file, the field and the value found; the hint says what to do.
 */
export class CfgenError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: CfgenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CfgenError';
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }

  /** Exit status of a command that ends with this error: 130 interrupted, 1 failure, 2 bad input. */
  get exitStatus(): 1 | 2 | 130 {
    if (this.code === 'INTERRUPTED') return 130;
    return failureCodes.has(this.code) ? 1 : 2;
  }

  toJSON(): { code: ErrorCode; message: string; hint?: string; retryable: boolean; details: Readonly<Record<string, unknown>> } {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      retryable: this.retryable,
      details: this.details,
    };
  }
}
