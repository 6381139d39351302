import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { RowStore } from './row-store';

const folder = mkdtempSync(join(tmpdir(), 'row-store-'));
afterAll(() => {
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

const size = { rows: 23, columns: 11 };

describe('rows from entries in another order', () => {
  it('hold the sums of all entries, in memory and in buckets of a file alike', () => {
    const entry = fc.tuple(fc.nat(size.rows - 1), fc.nat(size.columns - 1), fc.nat(5));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
        const perRow = new Uint32Array(size.rows);
        const dense = Array.from({ length: size.rows }, () => new Float64Array(size.columns));
        for (const [row, column, value] of entries) {
          perRow[row]++;
          dense[row][column] += value;
        }
        const batch = (part: readonly (readonly [number, number, number])[]) => ({
          rows: Uint32Array.from(part, ([row]) => row),
          columns: Uint32Array.from(part, ([, column]) => column),
          values: Float32Array.from(part, ([, , value]) => value),
        });
        // 1e9 bytes: in memory. 2,000 bytes: buckets of about 15 entries.
        for (const memory of [1e9, 2000]) {
          const store = new RowStore(perRow, size.columns, [batch(entries.slice(0, 100)), batch(entries.slice(100))], {
            memory,
            tempFolder: folder,
          });
          for (let start = 0; start < size.rows;) {
            const end = store.blockEnd(start, memory);
            expect(end).toBeGreaterThan(start);
            const block = store.readRows(start, end);
            for (let row = start; row < end; row++) {
              const [from, to] = [block.indptr[row - start], block.indptr[row - start + 1]];
              const want = [...dense[row].entries()].filter(([, value]) => value !== 0);
              expect([...block.indices.subarray(from, to)]).toEqual(want.map(([column]) => column));
              expect([...block.values.subarray(from, to)]).toEqual(want.map(([, value]) => value));
            }
            start = end;
          }
          store.close();
        }
      }),
      { numRuns: 40 },
    );
  });
});
