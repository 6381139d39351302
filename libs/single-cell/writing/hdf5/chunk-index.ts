import type { FileSink } from './file-sink';
import { FieldWriter, undefinedAddress } from './little-endian';

/** A chunk in the file. */
export interface StoredChunk {
  readonly address: number;
  /** Bytes in the file, after compression. */
  readonly bytes: number;
}

/** Children a node may hold: twice the K of 32 that a version 0 superblock fixes. */
const mostChildren = 64;

interface Child {
  readonly address: number;
  /** Stored bytes for a chunk, those of the first chunk below for a node. */
  readonly bytes: number;
  /** Number of the first chunk below. */
  readonly first: number;
}

/**
 * Writes the version 1 B-tree that finds chunks (HDF5 File Format Specification III.A.1), leaves first.
 * All chunks lie along the first axis; the other axes are a single chunk wide.
 * @param chunks in order. @param chunkShape elements a chunk spans on each axis. @param elementBytes bytes an element takes.
 * @returns the address of the root node, `undefinedAddress` when there are no chunks.
 */
export function writeChunkIndex(
  sink: FileSink,
  chunks: readonly StoredChunk[],
  chunkShape: readonly number[],
  elementBytes: number,
): number | bigint {
  if (chunks.length === 0) return undefinedAddress;
  const rows = chunkShape[0] ?? 1;
  const keyOf = (node: FieldWriter, bytes: number, chunk: number): void => {
    node
      .u32(bytes)
      .u32(0)
      .u64(chunk * rows);
    for (let axis = 0; axis < chunkShape.length; axis += 1) node.u64(0);
  };
  // The key after the last child is past every chunk on every axis.
  const endKey = (node: FieldWriter): void => {
    node
      .u32(0)
      .u32(0)
      .u64(chunks.length * rows);
    for (const length of chunkShape.slice(1)) node.u64(length);
    node.u64(elementBytes);
  };
  const keyBytes = 8 + 8 * (chunkShape.length + 1);
  const nodeBytes = 24 + mostChildren * 8 + (mostChildren + 1) * keyBytes;

  let children: Child[] = chunks.map(({ address, bytes }, at) => ({ address, bytes, first: at }));
  for (let level = 0; ; level += 1) {
    const groups: Child[][] = [];
    for (let at = 0; at < children.length; at += mostChildren) groups.push(children.slice(at, at + mostChildren));
    sink.align();
    const start = sink.position;
    const addressOf = (at: number): number | bigint => (at < 0 || at >= groups.length ? undefinedAddress : start + at * nodeBytes);
    const parents = groups.map((group, at): Child => {
      const node = new FieldWriter()
        .ascii('TREE')
        .u8(1, level)
        .u16(group.length)
        .u64(addressOf(at - 1))
        .u64(addressOf(at + 1));
      for (const child of group) {
        keyOf(node, child.bytes, child.first);
        node.u64(child.address);
      }
      const next = groups[at + 1]?.[0];
      if (next === undefined) endKey(node);
      else keyOf(node, next.bytes, next.first);
      const address = sink.append(node.zeros(nodeBytes - node.length).finish());
      return { address, bytes: group[0]?.bytes ?? 0, first: group[0]?.first ?? 0 };
    });
    const [root] = parents;
    if (parents.length === 1 && root !== undefined) return root.address;
    children = parents;
  }
}
