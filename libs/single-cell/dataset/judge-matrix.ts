import type { SparseRows } from '@cfgen/tensors';
import { bytesPerEntryRead, type StoredMatrix } from '../matrix/stored-matrix';
import { ValueFindings } from '../matrix/value-findings';
import { scanBlocks, type Scan } from './scan';

/** Matrices up to this many stored entries are read whole to judge them; of larger ones three samples this long together. */
const judgedEntries = 1 << 22;

/** Looks at the values of a matrix: at all of them, with sums, when it is small, otherwise at samples from its start, middle and end. */
export function judgeMatrix(matrix: StoredMatrix): { findings: ValueFindings; scan?: Scan } {
  if (matrix.storedEntries <= judgedEntries) return scanBlocks(matrix.rows, matrix.columns, blocks(matrix, 0, matrix.rows));
  const findings = new ValueFindings();
  if (matrix.firstValues) {
    // Rows of such a matrix are dear to make; its values alone tell counts from the rest.
    findings.add(oneRow(matrix.firstValues(judgedEntries / 4)), 0);
    return { findings };
  }
  const third = Math.floor(matrix.rows / 3);
  for (const start of [0, third, 2 * third]) {
    const end = matrix.blockEnd(start, (judgedEntries / 4) * bytesPerEntryRead);
    findings.add(matrix.readRows(start, end), start);
  }
  return { findings };
}

function* blocks(matrix: StoredMatrix, from: number, to: number): Generator<{ start: number; rows: SparseRows }> {
  for (let start = from; start < to;) {
    const end = Math.min(to, matrix.blockEnd(start, 1 << 26));
    yield { start, rows: matrix.readRows(start, end) };
    start = end;
  }
}

function oneRow(stored: Float32Array): SparseRows {
  const values = stored.filter((value) => value !== 0);
  return { rows: 1, columns: 1, indptr: Uint32Array.of(0, values.length), indices: new Uint32Array(values.length), values };
}
