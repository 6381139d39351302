import type { CfgenError } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import type { ArrayFile, StoredArray } from '../array-file/array-file';
import { damagedFile } from '../array-file/failures';
import { CsrMatrix } from './csr-matrix';

/** Entry k has the column k mod 100,000 and the count k mod 7 + 1: a file of any size that is never written. */
const columns = 100_000;
const parts = { 'X/indices': (entry: number) => entry % columns, 'X/data': (entry: number) => (entry % 7) + 1 } as const;

class MadeFile implements Pick<ArrayFile, 'name' | 'readNumbers' | 'damaged'> {
  readonly name = 'made';
  /** Most numbers asked for at once. */
  largest = 0;

  readNumbers({ path }: StoredArray, [offset = 0]: readonly number[], [count = 0]: readonly number[]): Float64Array {
    this.largest = Math.max(this.largest, count);
    return Float64Array.from({ length: count }, (_, at) => parts[path as keyof typeof parts](offset + at));
  }

  damaged(what: string): CfgenError {
    return damagedFile(this.name, 'file', what);
  }
}

describe('a CSR matrix of more entries than 32 bits count', () => {
  const entries = 2 ** 33;
  const rows = entries / columns;
  const array = (path: string): StoredArray => ({ path, kind: 'integer', shape: [entries], chunks: [1 << 16], elementBytes: 4 });

  function matrix(file: MadeFile): CsrMatrix {
    const offsets = Float64Array.from({ length: Math.ceil(rows) + 1 }, (_, row) => Math.min(entries, row * columns));
    return new CsrMatrix(file as unknown as ArrayFile, {
      ...{ where: 'X', rows: offsets.length - 1, columns, storedEntries: entries, offsets },
      ...{ indices: array('X/indices'), data: array('X/data') },
    });
  }

  it('gives any of its rows, and reads no more than the chunks they lie in', () => {
    const file = new MadeFile();
    const whole = matrix(file);
    for (const row of [0, Math.floor(2 ** 31 / columns), Math.floor(2 ** 32 / columns), whole.rows - 2]) {
      const { indices, values, indptr } = whole.readRows(row, row + 2);
      const first = row * columns;
      expect(indptr[1]).toBe(columns);
      expect(indices.subarray(0, 3)).toEqual(Uint32Array.of(0, 1, 2));
      expect(values.subarray(0, 3)).toEqual(Float32Array.from([first, first + 1, first + 2], (entry) => (entry % 7) + 1));
    }
    expect(file.largest).toBeLessThanOrEqual(5 << 16);
  });

  it('is cut into blocks that fit the memory, up to its end', () => {
    const whole = matrix(new MadeFile());
    const start = whole.rows - 100;
    const end = whole.blockEnd(start, 1 << 26);
    expect(end).toBeGreaterThan(start);
    expect((end - start) * columns * 8).toBeLessThan(1 << 26);
    expect(whole.blockEnd(whole.rows - 3, 1 << 26)).toBe(whole.rows);
  });
});
