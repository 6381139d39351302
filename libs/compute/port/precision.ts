import { CfgenError } from '@cfgen/contracts';

/** The refusal of mixed precision. */
export function withoutMixed(reason: string): CfgenError {
  return new CfgenError('ENGINE_UNAVAILABLE', `mixed precision is not available: ${reason}`, {
    hint: 'Compute in full precision: leave it out, or say full.',
    details: { precision: 'mixed' },
  });
}
