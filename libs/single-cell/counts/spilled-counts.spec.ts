import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SparseRows } from '@cfgen/tensors';
import { TemporaryFile } from '../temporary/temporary-file';
import { SpilledCounts, SpilledCountsWriter } from './spilled-counts';

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

  it('may have rows longer than what is written at a time', () => {
    const columns = 300_000;
    const long = Array.from({ length: columns }, (_, column) => [column, 1 + (column % 70_000)] as const);
    const rows = [[[5, 3]], long, [[7, 2]]] as const;
    const writer = new SpilledCountsWriter(rows.length, columns, folder);
    writer.append(block(columns, rows));
    const counts = writer.finish();
    const got = counts.gather(Uint32Array.of(2, 1, 0));
    const want = block(columns, [...rows].reverse());
    expect([...got.indptr]).toEqual([...want.indptr]);
    // Compared as bytes: a matcher takes seconds for so many numbers.
    for (const part of ['indices', 'values'] as const)
      expect(Buffer.from(got[part].slice().buffer).equals(Buffer.from(want[part].buffer))).toBe(true);
    counts.close();
  });

  it('are found beyond 4 GiB of the file', () => {
    const file = new TemporaryFile(folder);
    const far = 2 ** 32 + 5;
    // Columns 1 and 258 (two bytes each), then counts 9 and 200 (one byte each). What lies before is a hole.
    file.write(Uint8Array.of(1, 0, 2, 1, 9, 200), far);
    const counts = new SpilledCounts(3, 1000, file, Float64Array.of(0, 0, far, far + 6), Uint8Array.of(1, 1, 1));
    const got = counts.gather(Uint32Array.of(2, 0));
    expect([...got.indptr]).toEqual([0, 2, 2]);
    expect([...got.indices]).toEqual([1, 258]);
    expect([...got.values]).toEqual([9, 200]);
    counts.close();
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
