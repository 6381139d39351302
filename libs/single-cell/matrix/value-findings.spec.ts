import { describe, expect, it } from 'vitest';
import type { SparseRows } from '@cfgen/tensors';
import { describeValues } from './judge-values';
import { ValueFindings } from './value-findings';

function rowsOf(...rows: number[][]): SparseRows {
  const indptr = Uint32Array.of(0, ...rows.map(() => 0));
  for (const [i, row] of rows.entries()) indptr[i + 1] = indptr[i] + row.length;
  return {
    rows: rows.length,
    columns: 100,
    indptr,
    indices: Uint32Array.from(rows.flatMap((row) => row.map((_, column) => column))),
    values: Float32Array.from(rows.flat()),
  };
}

function describeRows(...rows: number[][]): string {
  const findings = new ValueFindings();
  findings.add(rowsOf(...rows), 10);
  if (findings.areCounts) return 'counts';
  return describeValues(findings, 'X', ({ row, column }) => `cell ${row}, gene ${column}`);
}

const counts = [
  [1, 2, 7, 1, 1],
  [3, 1, 1, 12, 2],
];

describe('what a matrix holds', () => {
  it('is counts when all values are positive whole numbers below 2^24', () => {
    expect(describeRows(...counts)).toBe('counts');
    expect(describeRows([16_777_215])).toBe('counts');
    expect(describeRows([16_777_216])).toBe('X: a count of 16,777,216 is not plausible (cell 10, gene 0)');
  });

  it('is log-normalised when the cells are log(1 + counts times a factor)', () => {
    const logged = counts.map((row) => row.map((value) => Math.log1p((value * 1e4) / row.reduce((a, b) => a + b))));
    expect(describeRows(...logged)).toMatch(/^X looks log-normalised \(fractions, max [\d.]+\)$/);
  });

  it('is normalised when the cells are counts times a factor', () => {
    const normalised = counts.map((row) => row.map((value) => (value * 100) / 7.3 / row.length));
    expect(describeRows(...normalised)).toMatch(/10 fractional values of 10.*counts divided or corrected by a factor/);
  });

  it('is fractional, scaled, negative, missing or infinite otherwise, with the first place', () => {
    expect(describeRows([1, 2, 3], [4, 5.5, 6.25, 33.3])).toMatch(/X has 3 fractional values of 7, max 33\.3.*5\.5 at cell 11, gene 1/);
    expect(describeRows([-1.5, 0.5, 1.2])).toMatch(/X is scaled \(negative values down to -1\.50, mean of stored values 0\.0667\)/);
    expect(describeRows([1, -2, -3])).toBe('X has 2 negative values (first: cell 10, gene 1)');
    expect(describeRows([1, NaN, 2.5])).toBe('X has 1 missing value (NaN; first: cell 10, gene 1)');
    expect(describeRows([1, 1, Infinity])).toBe('X has 1 infinite value (first: cell 10, gene 2)');
  });
});
