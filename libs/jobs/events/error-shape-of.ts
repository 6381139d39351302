import { CfgenError, errorShape, type ErrorShape } from '@cfgen/contracts';

/** Longest message and largest details that a failure carries through rows and events. */
const maximumText = 2000;
const maximumDetails = 8000;

/**
 * Any thrown value as the shape that rows and events hold. What is not a CfgenError is INTERNAL; it is worth another attempt only when the
 * operating system reported it (a full disk, a broken connection), because code that fails by itself fails again.
 */
export function errorShapeOf(thrown: unknown): ErrorShape {
  if (thrown instanceof CfgenError) return bounded(thrown.toJSON());
  if (thrown instanceof Error) {
    const system = 'syscall' in thrown && 'code' in thrown;
    const at = thrown.stack?.split('\n')[1]?.trim();
    return bounded({
      code: 'INTERNAL',
      message: thrown.message === '' ? thrown.name : thrown.message,
      retryable: system,
      details: at === undefined ? {} : { at },
    });
  }
  return bounded({ code: 'INTERNAL', message: `a step threw ${String(thrown)}`, retryable: false, details: {} });
}

/** An error that came from another process: what does not read as one is INTERNAL. */
export function readErrorShape(value: unknown): ErrorShape {
  const parsed = errorShape.safeParse(value);
  if (parsed.success) return bounded(parsed.data);
  return { code: 'INTERNAL', message: 'the compute process reported a failure that cannot be read', retryable: false, details: {} };
}

interface Unbounded {
  readonly code: ErrorShape['code'];
  readonly message: string;
  readonly hint?: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Small enough for a message, and nothing but JSON inside. */
function bounded(error: Unbounded): ErrorShape {
  return {
    code: error.code,
    message: shortened(error.message),
    ...(error.hint === undefined ? {} : { hint: shortened(error.hint) }),
    retryable: error.retryable,
    details: jsonDetails(error.details),
  };
}

function shortened(text: string): string {
  return text.length <= maximumText ? text : `${text.slice(0, maximumText)} …`;
}

function jsonDetails(details: Readonly<Record<string, unknown>>): ErrorShape['details'] {
  let text: string;
  try {
    text = JSON.stringify(details);
  } catch (cause) {
    return { omitted: `the details are not JSON: ${cause instanceof Error ? cause.message : String(cause)}` };
  }
  if (text.length > maximumDetails) return { omitted: `the details are ${text.length} characters long` };
  return JSON.parse(text) as ErrorShape['details'];
}
