import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from './crc32c';

/** The metadata of an array of Zarr 3, as far as it matters here. */
interface ArrayMetadata {
  readonly node_type: string;
  readonly shape?: readonly number[];
  readonly chunk_grid: { readonly name: string; readonly configuration: { readonly chunk_shape: readonly number[] } };
  readonly codecs: readonly unknown[];
}

/** Offset and length of a chunk that a shard does not hold. */
const absent = 2n ** 64n - 1n;

/**
 * Gathers the chunks of the long arrays of a Zarr 3 store into shards: files that hold many chunks, as they are, and an index. Shards are what
 * keeps the number of files of an atlas small. https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html
 *
 * @param store folder of the store; arrays of one axis and more than one chunk are changed in place
 */
export function shardStore(store: string, chunksPerShard: number): void {
  const root = readJson(join(store, 'zarr.json')) as Record<string, unknown>;
  const consolidated = root['consolidated_metadata'] as { metadata: Record<string, unknown> };
  for (const path of Object.keys(consolidated.metadata)) {
    const metadata = readJson(join(store, path, 'zarr.json')) as ArrayMetadata;
    const [chunk] = metadata.node_type === 'array' ? metadata.chunk_grid.configuration.chunk_shape : [];
    const [length, ...rest] = metadata.shape ?? [];
    if (chunk === undefined || length === undefined || rest.length > 0 || length <= chunk) continue;
    gatherChunks(join(store, path), Math.ceil(length / chunk), chunksPerShard);
    const sharded = withShards(metadata, chunk, chunksPerShard);
    consolidated.metadata[path] = sharded;
    writeJson(join(store, path, 'zarr.json'), sharded);
  }
  writeJson(join(store, 'zarr.json'), root);
}

function gatherChunks(array: string, chunks: number, chunksPerShard: number): void {
  const shards = join(array, 'shards');
  mkdirSync(shards);
  for (let first = 0; first < chunks; first += chunksPerShard) {
    const descriptor = openSync(join(shards, String(first / chunksPerShard)), 'wx');
    try {
      const index = new BigUint64Array(2 * chunksPerShard).fill(absent);
      let position = 0;
      for (let at = 0; at < chunksPerShard && first + at < chunks; at += 1) {
        const bytes = readFileSync(join(array, 'c', String(first + at)));
        index.set([BigInt(position), BigInt(bytes.length)], 2 * at);
        position += append(descriptor, bytes);
      }
      const indexBytes = Buffer.from(index.buffer);
      const checksum = Buffer.alloc(4);
      checksum.writeUInt32LE(crc32c(indexBytes));
      append(descriptor, Buffer.concat([indexBytes, checksum]));
    } finally {
      closeSync(descriptor);
    }
  }
  rmSync(join(array, 'c'), { recursive: true });
  renameSync(shards, join(array, 'c'));
}

function append(descriptor: number, bytes: Buffer): number {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
  return bytes.length;
}

function withShards(metadata: ArrayMetadata, chunk: number, chunksPerShard: number): unknown {
  return {
    ...metadata,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [chunk * chunksPerShard] } },
    codecs: [
      {
        name: 'sharding_indexed',
        configuration: {
          chunk_shape: [chunk],
          codecs: metadata.codecs,
          index_codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, { name: 'crc32c' }],
          index_location: 'end',
        },
      },
    ],
  };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
