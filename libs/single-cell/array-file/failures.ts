import { CfgenError } from '@cfgen/contracts';

/** What messages call the thing that holds the arrays. */
export type Holder = 'file' | 'store';

/** A gzip stream grows at most about 1,032 times; anything that claims far more than the file could hold is damage, not data. */
const largestExpansion = 4096;
/** Small arrays may claim more than a tiny file seems to hold. */
const alwaysAllowed = 1 << 26;

/**
 * The refusal of a file whose content contradicts itself.
 * @param part of the file, where a message of its own has to be found by it
 */
export function damagedFile(file: string, holder: Holder, what: string, cause?: unknown, part?: string): CfgenError {
  return new CfgenError('INPUT_DAMAGED', `${file} is damaged: ${what}`, {
    hint: `get the ${holder} again, or re-save it from its source`,
    details: { file, ...(part === undefined ? {} : { part }) },
    cause,
  });
}

/** The refusal of a file that lacks a part. */
export function missingPart(file: string, part: string): CfgenError {
  return new CfgenError('INPUT_INCOMPLETE', `${file} is incomplete: ${part} is missing`, { details: { file, part } });
}

/** Says what is wrong with an array that claims more bytes than the file it lies in could hold, however well compressed; otherwise nothing. */
export function implausibleSize(holder: Holder, path: string, claimed: number, bytes: number): string | undefined {
  if (claimed <= bytes * largestExpansion + alwaysAllowed) return undefined;
  return `${path} claims ${claimed.toLocaleString('en-US')} bytes, more than a ${holder} of ${bytes.toLocaleString('en-US')} bytes can hold`;
}
