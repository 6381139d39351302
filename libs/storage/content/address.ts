import { CfgenError } from '@cfgen/contracts';

const address = /^[0-9a-f]{64}$/;

/** Whether a name is that of a blob. */
export function isAddress(name: string): boolean {
  return address.test(name);
}

/**
 * The gate in front of every key and path: only hashes pass, so that no name from outside reaches the store.
 *
 * @throws CfgenError REQUEST_INVALID
 */
export function checkAddress(sha256: string): void {
  if (!isAddress(sha256)) {
    throw new CfgenError('REQUEST_INVALID', `"${sha256.slice(0, 80)}" is not the address of a blob`, {
      hint: 'a blob is named by its sha256: 64 hexadecimal digits in lower case',
    });
  }
}

/** @throws CfgenError BLOB_DAMAGED when bytes to be stored are not those that were announced */
export function refuseOtherHash(wanted: string | undefined, found: string): void {
  if (wanted !== undefined && wanted !== found) {
    throw new CfgenError('BLOB_DAMAGED', `the bytes to store have the sha256 ${found}, not ${wanted} as announced`, {
      hint: 'the content was damaged on its way, or it is another one: send it again',
      details: { expected: wanted, found },
    });
  }
}

export function blobNotFound(sha256: string, where: string, cause?: unknown): CfgenError {
  return new CfgenError('BLOB_NOT_FOUND', `there is no blob ${sha256} in ${where}`, {
    hint: 'it was never stored there, or it was removed',
    details: { sha256 },
    ...(cause === undefined ? {} : { cause }),
  });
}
