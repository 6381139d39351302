import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SparseRows } from '@cfgen/tensors';
import { SpilledCountsWriter } from './spilled-counts';

/** Rows given as lists of (column, count). */
function block(columns: number, rows: readonly (readonly (readonly [number, number])[])[]): SparseRows {
  const indptr = Uint32Array.of(0, ...rows.map(() => 0));
  for (const [i, row] of rows.entries()) indptr[i + 1] = indptr[i] + row.length;
  const entries = rows.flat();
  return {
    rows: rows.length,
    columns,
    indptr,
    indices: Uint32Array.from(entries, ([column]) => column),
    values: Float32Array.from(entries, ([, value]) => value),
  };
}

describe('counts in a temporary file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spilled-'));

  it('come back exactly, whatever the number of features and the size of the counts', () => {
    const row = (columns: number) =>
      fc.uniqueArray(fc.tuple(fc.nat(columns - 1), fc.oneof(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 16_777_215 }))), {
        selector: ([column]) => column,
        maxLength: 12,
      });
    const matrix = fc
      .constantFrom(3, 65_536, 65_537, 1_000_000)
      .chain((columns) => fc.tuple(fc.constant(columns), fc.array(row(columns), { minLength: 1, maxLength: 20 })));
    fc.assert(
      fc.property(matrix, fc.array(fc.nat(1000), { maxLength: 30 }), ([columns, unsorted], picks) => {
        const rows = unsorted.map((entries) => [...entries].sort(([a], [b]) => a - b));
        const writer = new SpilledCountsWriter(rows.length, columns, folder);
        writer.append(block(columns, rows.slice(0, 1)));
        writer.append(block(columns, rows.slice(1)));
        const counts = writer.finish();
        const cells = picks.map((pick) => pick % rows.length);
        const got = counts.gather(Uint32Array.from(cells));
        const want = block(
          columns,
          cells.map((cell) => rows[cell]),
        );
        expect([...got.indptr]).toEqual([...want.indptr]);
        expect([...got.indices]).toEqual([...want.indices]);
        expect([...got.values]).toEqual([...want.values]);
        counts.close();
      }),
      { numRuns: 60 },
    );
  });

  it('leave nothing behind, and never take a file that lies there for theirs', () => {
    const writer = new SpilledCountsWriter(1, 3, folder);
    writer.append(block(3, [[[1, 2]]]));
    const counts = writer.finish();
    counts.close();
    counts.close();
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
    expect(() => new SpilledCountsWriter(1, 3, folder)).toThrow(/no temporary file can be written/);
  });
});
