import type { FileSink } from './file-sink';
import { stringReferenceBytes } from './datatype';

/** Smallest collection the format allows, bytes. */
const smallestCollection = 4096;
/** A collection is closed at this size; readers load whole collections. */
const fullCollection = 1 << 16;
/** Object numbers in a collection are 16 bits; 0 stands for free space. */
const mostObjects = 0xffff;
const headerBytes = 16;
const objectHeaderBytes = 16;

/**
 * Puts strings into the file's global heap (HDF5 File Format Specification III.E) and returns the elements that point
 * to them: for each a 32-bit byte length, a 64-bit collection address and a 32-bit object number.
 */
export function writeStrings(sink: FileSink, strings: readonly string[]): Buffer {
  const references = Buffer.alloc(strings.length * stringReferenceBytes);
  let objects: Buffer[] = [];
  let used = headerBytes;
  let first = 0;
  const close = (): void => {
    if (objects.length === 0) return;
    const address = writeCollection(sink, objects, used);
    objects.forEach((bytes, at) => {
      const offset = (first + at) * stringReferenceBytes;
      references.writeUInt32LE(bytes.byteLength, offset);
      references.writeBigUInt64LE(BigInt(address), offset + 4);
      references.writeUInt32LE(at + 1, offset + 12);
    });
    first += objects.length;
    objects = [];
    used = headerBytes;
  };
  for (const text of strings) {
    const bytes = Buffer.from(text);
    const size = objectHeaderBytes + padded(bytes.byteLength);
    if (objects.length === mostObjects || (objects.length > 0 && used + size > fullCollection)) close();
    objects.push(bytes);
    used += size;
  }
  close();
  return references;
}

function writeCollection(sink: FileSink, objects: readonly Buffer[], used: number): number {
  // What is left must hold at least the header of a free object, or nothing at all.
  const size =
    used >= smallestCollection
      ? used
      : smallestCollection - used < objectHeaderBytes
        ? smallestCollection + objectHeaderBytes
        : smallestCollection;
  const collection = Buffer.alloc(size);
  collection.write('GCOL', 0, 'latin1');
  collection.writeUInt8(1, 4);
  collection.writeBigUInt64LE(BigInt(size), 8);
  let at = headerBytes;
  objects.forEach((bytes, index) => {
    collection.writeUInt16LE(index + 1, at);
    collection.writeBigUInt64LE(BigInt(bytes.byteLength), at + 8);
    bytes.copy(collection, at + objectHeaderBytes);
    at += objectHeaderBytes + padded(bytes.byteLength);
  });
  // Free space is object 0; its size counts its own header.
  if (at < size) collection.writeBigUInt64LE(BigInt(size - at), at + 8);
  sink.align();
  return sink.append(collection);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
