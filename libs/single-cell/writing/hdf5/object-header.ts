import { datatypeMessage, elementBytes, type Hdf5Type } from './datatype';
import { FieldWriter, undefinedAddress } from './little-endian';

/** Where the elements of a data set lie. */
export type Layout =
  | { readonly kind: 'contiguous'; readonly address: number | bigint; readonly bytes: number }
  | {
      readonly kind: 'chunked';
      readonly index: number | bigint;
      readonly chunkShape: readonly number[];
      readonly gzipLevel: number | undefined;
    };

/** A data set as its header has to describe it. */
export interface StoredArray {
  readonly type: Hdf5Type;
  readonly shape: readonly number[];
  readonly layout: Layout;
}

/** An attribute whose elements are ready to be written: for strings, references into the heap. */
export interface AttributeRecord {
  readonly name: string;
  readonly type: Hdf5Type;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface LinkRecord {
  readonly name: string;
  readonly address: number;
}

interface Message {
  readonly type: number;
  readonly body: Buffer;
}

/** The most an object header message can hold, bytes. */
export const mostMessageBytes = 0xffff - 7;

/** Header of a data set: dataspace, datatype, fill value, filters, layout, attributes. */
export function datasetHeader({ type, shape, layout }: StoredArray, attributes: readonly AttributeRecord[]): Buffer {
  const messages: Message[] = [
    { type: 0x01, body: dataspaceMessage(shape, layout.kind === 'chunked') },
    { type: 0x03, body: datatypeMessage(type) },
    // Version 2; space is allocated as chunks come (3) or late (2); the default value is written if set by a user (2).
    {
      type: 0x05,
      body: new FieldWriter()
        .u8(2, layout.kind === 'chunked' ? 3 : 2, 2, 1)
        .u32(0)
        .finish(),
    },
  ];
  if (layout.kind === 'chunked' && layout.gzipLevel !== undefined) {
    messages.push({ type: 0x0b, body: filterMessage(layout.gzipLevel, elementBytes(type)) });
  }
  messages.push({ type: 0x08, body: layoutMessage(layout, elementBytes(type)) });
  return objectHeader([...messages, ...attributes.map(attributeMessage)]);
}

/** Header of a group whose links lie in the header itself. */
export function groupHeader(links: readonly LinkRecord[], attributes: readonly AttributeRecord[]): Buffer {
  return objectHeader([
    // No creation order, no heap, no index: readers look through the links of the header.
    { type: 0x02, body: new FieldWriter().u8(0, 0).u64(undefinedAddress).u64(undefinedAddress).finish() },
    { type: 0x0a, body: new FieldWriter().u8(0, 0).finish() },
    ...links.map(linkMessage),
    ...attributes.map(attributeMessage),
  ]);
}

/** Version 1 header (HDF5 File Format Specification IV.A.1.a): no times of change, so equal content gives equal bytes. */
function objectHeader(messages: readonly Message[]): Buffer {
  const body = new FieldWriter();
  for (const message of messages) {
    const size = Math.ceil(message.body.byteLength / 8) * 8;
    body.u16(message.type).u16(size).u8(0, 0, 0, 0).bytes(message.body).align(8);
  }
  return new FieldWriter().u8(1, 0).u16(messages.length).u32(1).u32(body.length).u32(0).bytes(body.finish()).finish();
}

/** @param growable whether a later program may make the first axis longer, as anndata allows. */
function dataspaceMessage(shape: readonly number[], growable: boolean): Buffer {
  const message = new FieldWriter().u8(1, shape.length, growable ? 1 : 0, 0).u32(0);
  for (const length of shape) message.u64(length);
  // No limit is all bits set, the same as no address.
  if (growable) shape.forEach((length, axis) => message.u64(axis === 0 ? undefinedAddress : length));
  return message.finish();
}

function filterMessage(level: number, bytes: number): Buffer {
  const shuffle = bytes > 1;
  const message = new FieldWriter().u8(1, shuffle ? 2 : 1).zeros(6);
  // Each: id, length of the padded name, flags (optional), number of settings, name, settings padded to 8 bytes.
  if (shuffle) message.u16(2).u16(8).u16(1).u16(1).ascii('shuffle\0').u32(bytes).u32(0);
  return message.u16(1).u16(8).u16(1).u16(1).ascii('deflate\0').u32(level).u32(0).finish();
}

function layoutMessage(layout: Layout, bytes: number): Buffer {
  if (layout.kind === 'contiguous') return new FieldWriter().u8(3, 1).u64(layout.address).u64(layout.bytes).finish();
  const message = new FieldWriter().u8(3, 2, layout.chunkShape.length + 1).u64(layout.index);
  for (const length of layout.chunkShape) message.u32(length);
  return message.u32(bytes).finish();
}

function attributeMessage({ name, type, shape, bytes }: AttributeRecord): Message {
  const nameBytes = Buffer.from(`${name}\0`);
  const datatype = datatypeMessage(type);
  const dataspace = dataspaceMessage(shape, false);
  // Version 3; the character set of the name is UTF-8 (1).
  const body = new FieldWriter().u8(3, 0).u16(nameBytes.byteLength).u16(datatype.byteLength).u16(dataspace.byteLength).u8(1);
  return { type: 0x0c, body: body.bytes(nameBytes).bytes(datatype).bytes(dataspace).bytes(bytes).finish() };
}

function linkMessage({ name, address }: LinkRecord): Message {
  const nameBytes = Buffer.from(name);
  // Version 1; a hard link, with a character set (UTF-8) and a name length of 2 bytes.
  return { type: 0x06, body: new FieldWriter().u8(1, 0x11, 1).u16(nameBytes.byteLength).bytes(nameBytes).u64(address).finish() };
}
