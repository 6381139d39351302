import { CfgenError } from '@cfgen/contracts';
import { interrupted } from '../content/interruption';

/** The code that the server or the system gave an error, e.g. `NoSuchKey`, `ECONNREFUSED`; empty where there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The client answers `NotFound` to questions without a body, the server `NoSuchKey` to others. */
export function isMissing(error: unknown): boolean {
  return ['NotFound', 'NoSuchKey'].includes(codeOf(error));
}

const hints: Readonly<Record<string, string>> = {
  AccessDenied: 'check the rights of the access key on this bucket',
  InvalidAccessKeyId: 'check the access key',
  SignatureDoesNotMatch: 'check the secret key, and that the clocks of both machines agree',
  RequestTimeTooSkewed: 'the clocks of both machines must agree',
  NoSuchBucket: 'make the bucket, or allow the store to make it',
  AuthorizationHeaderMalformed: 'check the region',
};

const final = new Set([
  ...Object.keys(hints),
  'NotFound',
  'NoSuchKey',
  'NoSuchUpload',
  'InvalidRange',
  'InvalidArgument',
  'InvalidRequest',
  'MethodNotAllowed',
  'EntityTooLarge',
  'XMinioStorageFull',
]);

/** Whether the same request may succeed a moment later: a server that is away, busy or starting. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof CfgenError) && !(error instanceof Error && error.name === 'AbortError') && !final.has(codeOf(error));
}

/**
 * What an error of a request means to users of the store.
 *
 * @param where server and bucket, for the message
 */
export function requestError(cause: unknown, where: string, signal?: AbortSignal): CfgenError {
  if (signal?.aborted === true) return interrupted();
  if (cause instanceof CfgenError) return cause;
  const code = codeOf(cause);
  if (code === 'XMinioStorageFull') {
    return new CfgenError('OUTPUT_UNWRITABLE', `cannot write to ${where}: no space is left there`, {
      hint: 'free some space in the object store, then try again',
      details: { where },
      cause,
    });
  }
  const what = cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
  return new CfgenError('STORE_UNAVAILABLE', `the object store ${where} does not serve: ${code}${code === '' ? '' : ': '}${what}`, {
    hint: hints[code] ?? 'check that the server runs and can be reached from here',
    retryable: true,
    details: { where, serverCode: code },
    cause,
  });
}
