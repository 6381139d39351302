import { CfgenError, type ErrorShape } from '@cfgen/contracts';

/** An error as rows and answers hold it; what is not a CfgenError stays inside and is INTERNAL. */
export function shapeOfError(error: unknown): ErrorShape {
  if (error instanceof CfgenError) {
    const { code, message, hint, retryable, details } = error.toJSON();
    return { code, message, ...(hint === undefined ? {} : { hint }), retryable, details: details as ErrorShape['details'] };
  }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), retryable: false, details: {} };
}
