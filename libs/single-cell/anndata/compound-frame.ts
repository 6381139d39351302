import type { Column, ColumnValues, DataFrame } from '../frames/column';
import type { Hdf5Metadata } from '../hdf5/hdf5-library';
import type { Hdf5Array } from '../hdf5/hdf5-array';
import type { Hdf5File } from '../hdf5/hdf5-file';
import { decodeNumbers } from '../hdf5/decoding';
import { categoricalFrom } from './categories';

type Member = Hdf5Metadata & { readonly name: string; readonly offset: number };

/**
 * obs or var as anndata 0.6 wrote them: one compound table; a categorical column holds codes, its categories lie in `uns/<column>_categories`.
 * Text in such tables has a fixed length.
 */
export function readCompoundFrame(file: Hdf5File, path: string): DataFrame {
  const table = file.array(path);
  const members = table.metadata.compound_type?.members;
  if (!members || table.shape.length !== 1) throw file.damaged(`${path} is neither a group of columns nor a table`);
  const length = table.shape[0] ?? 0;
  const index = members.find(({ name }) => name === 'index' || name === '_index') ?? members[0];
  if (!index) throw file.damaged(`${path} has no columns`);
  const names = memberText(file, table, index);
  const columns = members.filter((member) => member !== index).map((member) => memberColumn(file, table, path, member));
  return { where: path, length, names: names.values, invalidNames: names.invalid, columns };
}

function memberColumn(file: Hdf5File, table: Hdf5Array, frame: string, member: Member): Column {
  const { name } = member;
  if (member.type === 3) {
    return {
      name,
      kind: 'string',
      read: () => {
        const { values, invalid } = memberText(file, table, member);
        return { kind: 'string', values, invalidText: invalid };
      },
    };
  }
  const categories = `uns/${name}_categories`;
  if (member.type === 0 && file.kind(categories) === 'array') {
    return {
      name,
      kind: 'categorical',
      read: () => {
        const codes = Int32Array.from(memberNumbers(file, table, member));
        return { ...categoricalFrom(file, `${frame} column ${name}`, codes, file.array(categories)), ordered: false };
      },
    };
  }
  const kind = member.type === 1 ? 'float' : member.type === 8 ? 'boolean' : 'integer';
  if (member.type !== 0 && member.type !== 1 && member.type !== 8) {
    return { name, kind: 'unsupported', read: () => unsupportedMember(file, frame, name) };
  }
  return { name, kind, read: (): ColumnValues => ({ kind, values: memberNumbers(file, table, member) }) };
}

function unsupportedMember(file: Hdf5File, frame: string, name: string): never {
  throw file.damaged(`${frame} column ${name} has a type that is not read here`);
}

/** Bytes of one member for all rows, without the rest of the table. */
function memberBytes(file: Hdf5File, table: Hdf5Array, member: Member): Uint8Array {
  const length = table.shape[0] ?? 0;
  const rowSize = table.metadata.size;
  const bytes = new Uint8Array(length * member.size);
  const rowsAtOnce = Math.max(1, Math.floor((1 << 24) / rowSize));
  for (let start = 0; start < length; start += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, length - start);
    const rows = file.readBytes(table, [start], [count]);
    for (let row = 0; row < count; row++) {
      const at = row * rowSize + member.offset;
      const target = (start + row) * member.size;
      for (let i = 0; i < member.size; i++) {
        // The library turns bytes round for plain types only, not inside tables.
        const source = member.littleEndian || member.type === 3 ? i : member.size - 1 - i;
        bytes[target + i] = rows[at + source];
      }
    }
  }
  return bytes;
}

function memberNumbers(file: Hdf5File, table: Hdf5Array, member: Member): Float64Array {
  return Float64Array.from(decodeNumbers(memberBytes(file, table, member), member));
}

function memberText(file: Hdf5File, table: Hdf5Array, member: Member): { values: string[]; invalid: number } {
  if (member.type !== 3 || member.vlen) throw file.damaged(`${table.path} column ${member.name} holds no text of fixed length`);
  const bytes = Buffer.from(memberBytes(file, table, member));
  let invalid = 0;
  const values = Array.from({ length: table.shape[0] ?? 0 }, (_, row) => {
    const text = bytes.subarray(row * member.size, (row + 1) * member.size);
    const zero = text.indexOf(0);
    const value = text.toString('utf8', 0, zero < 0 ? text.length : zero);
    if (value.includes('\uFFFD')) invalid++;
    return value;
  });
  return { values, invalid };
}
