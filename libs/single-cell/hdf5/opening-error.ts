import { CfgenError } from '@cfgen/contracts';

/** Why an HDF5 file could not be opened: incomplete (with the sizes the library found) or damaged. */
export function openingError(cause: unknown, name: string): CfgenError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const truncated = /truncated file: eof = (\d+), sblock->base_addr = (\d+), stored_eof = (\d+)/.exec(reason);
  if (truncated) {
    const [, has, , expected] = truncated;
    return new CfgenError(
      'INPUT_INCOMPLETE',
      `${name} is incomplete: expected ${Number(expected).toLocaleString('en-US')} bytes, has ${Number(has).toLocaleString('en-US')}`,
      { hint: 'copy or download the file again', details: { file: name, expected: Number(expected), has: Number(has) }, cause },
    );
  }
  return new CfgenError('INPUT_DAMAGED', `${name} is damaged: the HDF5 file cannot be opened (${reason})`, {
    hint: 'copy or download the file again',
    details: { file: name },
    cause,
  });
}
