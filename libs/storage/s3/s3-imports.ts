import { CfgenError } from '@cfgen/contracts';

/**
 * Bucket and key that an `s3:` URI names, where the bucket is allowed. The key is taken as it stands, without percent decoding.
 *
 * @throws CfgenError REQUEST_INVALID, FORBIDDEN
 */
export function placeOfUri(
  uri: string,
  allowedBuckets: readonly string[],
): { readonly bucket: string; readonly key: string; readonly fileName: string } {
  const [, bucket, key] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/([^\0]{1,1024})$/.exec(uri) ?? [];
  const segments = key?.split('/') ?? [];
  const fileName = segments.at(-1);
  if (
    bucket === undefined ||
    key === undefined ||
    fileName === undefined ||
    segments.some((segment) => ['', '.', '..'].includes(segment))
  ) {
    throw new CfgenError('REQUEST_INVALID', `"${uri.slice(0, 200)}" cannot be imported here`, {
      hint: 'give the URI of an object, e.g. s3://bucket/folder/cells.h5ad',
    });
  }
  if (!allowedBuckets.includes(bucket)) {
    throw new CfgenError('FORBIDDEN', `the bucket ${bucket} is not allowed for imports`, {
      hint:
        allowedBuckets.length === 0
          ? 'no bucket is allowed: the operator names them in the configuration'
          : `allowed are ${allowedBuckets.join(', ')}`,
    });
  }
  return { bucket, key, fileName };
}
