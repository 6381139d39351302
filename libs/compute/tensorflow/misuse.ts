import { CfgenError } from '@cfgen/contracts';

/** A call that breaks the contract of a kernel: a mistake in the calling code, never in a user's input. */
export function misuse(kernel: string, what: string): CfgenError {
  return new CfgenError('INTERNAL', `${kernel}: ${what}`);
}

export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
