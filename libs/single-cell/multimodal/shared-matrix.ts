import type { StoredMatrix } from '../matrix/stored-matrix';

/** The same matrix for one of several that read it: closing calls `close` instead. */
export function sharedMatrix(matrix: StoredMatrix, close: () => void): StoredMatrix {
  return {
    where: matrix.where,
    layout: matrix.layout,
    rows: matrix.rows,
    columns: matrix.columns,
    storedEntries: matrix.storedEntries,
    readRows: (start, end) => matrix.readRows(start, end),
    blockEnd: (start, memory) => matrix.blockEnd(start, memory),
    close,
  };
}

/** A function that calls `action` when it is called for the last of `times` times. */
export function lastOf(times: number, action: () => void): () => void {
  let left = times;
  return () => {
    left -= 1;
    if (left === 0) action();
  };
}
