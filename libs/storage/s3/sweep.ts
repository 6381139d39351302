import type { Place } from './multipart';

/**
 * Removes temporary objects and unfinished multipart uploads that began before a time.
 *
 * @param before milliseconds since 1970, by the clock of the server
 */
export async function sweepUploads({ connection, bucket }: Place, before: number): Promise<number> {
  let removed = 0;
  for (let after = ''; ;) {
    const start = after;
    const page = await connection.retrying((client) => client.listObjectsV2Query(bucket, 'uploads/', '', '', 1000, start));
    for (const { name, lastModified } of page.objects) {
      if (name === undefined) continue;
      after = name;
      if (lastModified.getTime() >= before) continue;
      await connection.retrying((client) => client.removeObject(bucket, name));
      removed++;
    }
    if (!page.isTruncated) break;
  }
  let keyMarker = '';
  let uploadIdMarker = '';
  for (;;) {
    const [key, id] = [keyMarker, uploadIdMarker];
    // Asked for the whole bucket: MinIO takes a prefix for the name of one object.
    const page = await connection.retrying((client) => client.listIncompleteUploadsQuery(bucket, '', key, id, ''));
    for (const upload of page.uploads) {
      const ours = upload.key.startsWith('uploads/') || upload.key.startsWith('blobs/sha256/');
      if (!ours || upload.initiated.getTime() >= before) continue;
      await connection.retrying((client) => client.abortMultipartUpload(bucket, upload.key, upload.uploadId));
      removed++;
    }
    if (!page.isTruncated) return removed;
    keyMarker = page.nextKeyMarker;
    uploadIdMarker = page.nextUploadIdMarker;
  }
}
