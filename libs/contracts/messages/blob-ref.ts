import { z } from 'zod';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'not a sha256 in lower-case hexadecimal');

/** Where bytes of a content lie in the blob store. */
export function blobKey(sha256: string): string {
  return `blobs/sha256/${sha256.slice(0, 2)}/${sha256}`;
}

/** Bytes in the blob store, by content. Only references travel in messages; a reader checks length and hash before it uses the bytes. */
export const blobRefSchema = z
  .strictObject({
    /** What the bytes are to the message they are in, e.g. `data`, `model`, `latents`. */
    name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
    /** Key in the blob store, made from the hash. */
    uri: z.string(),
    sha256: sha256Schema,
    bytes: z.int().min(0),
    mediaType: z.string().min(1).max(128),
    /** What is inside, with its version, e.g. `cfgen.latents.v1`; empty for foreign formats. */
    schema: z.string().max(64),
  })
  .refine((ref) => ref.uri === blobKey(ref.sha256), 'the uri is not the key of the hash');

export type BlobRef = z.infer<typeof blobRefSchema>;
