import { integers, normals, rowRange, uniforms } from './inputs';
import { read, type KernelCase } from './kernel-case';

const shapes = [
  [1, 1, 1],
  [5, 3, 2],
  [33, 7, 13],
  [130, 20, 100],
] as const;

function embeddingCases(): KernelCase[] {
  return shapes.flatMap(([rows, categories, width], i) => {
    const table = normals(categories * width, 400 + i);
    const index = integers(rows, 410 + i, -1, categories);
    const values = normals(rows * width, 420 + i);
    const gather = (accumulate: boolean): KernelCase => ({
      kernel: 'gatherRows',
      title: `${rows} of ${categories}x${width}${accumulate ? ' + out' : ''}`,
      rowwise: { rows, outputs: ['out'] },
      async run(scope, from, to) {
        const out = scope.real([to - from, width], rowRange(values, width, from, to));
        const chosen = scope.int32([to - from], rowRange(index, 1, from, to));
        scope.engine.gatherRows(out, scope.real([categories, width], table), chosen, { accumulate });
        return read(scope, { out });
      },
    });
    const scatter: KernelCase = {
      kernel: 'scatterRowSums',
      title: `${rows} rows to ${categories + 1}x${width}`,
      async run(scope) {
        // One category more than is used: its row must become 0.
        const out = scope.dirty([categories + 1, width]);
        scope.engine.scatterRowSums(out, scope.int32([rows], index), scope.real([rows, width], values));
        return read(scope, { out });
      },
    };
    const select: KernelCase = {
      kernel: 'selectRows',
      title: `${rows}x${width}`,
      rowwise: { rows, outputs: ['out'] },
      async run(scope, from, to) {
        const out = scope.real([to - from, width], rowRange(values, width, from, to));
        const a = scope.real(
          [to - from, width],
          rowRange(values, width, from, to).map((value) => Math.fround(value * 2)),
        );
        scope.engine.selectRows(out, a, scope.int32([to - from], rowRange(index, 1, from, to)));
        return read(scope, { out });
      },
    };
    return [gather(false), gather(true), scatter, select];
  });
}

function sinusoidalCases(): KernelCase[] {
  return [2, 4, 6, 100].map((width, i) => {
    const rows = 11;
    const values = uniforms(rows, 430 + i);
    values.set([0, 1]);
    return {
      kernel: 'sinusoidalEmbedding',
      title: `width ${width}`,
      rowwise: { rows, outputs: ['out'] },
      async run(scope, from, to) {
        const out = scope.dirty([to - from, width]);
        scope.engine.sinusoidalEmbedding(out, scope.real([to - from], rowRange(values, 1, from, to)), 1000);
        return read(scope, { out });
      },
    };
  });
}

/** Rows numbered across 2^32, where the counter's second word for the row begins to count. */
function normalCases(): KernelCase[] {
  return (
    [
      [1, 1, 0],
      [5, 3, 7],
      [6, 50, 2 ** 32 - 3],
      [129, 9, 2 ** 40 + 12_345],
    ] as const
  ).map(([rows, columns, rowStart]) => ({
    kernel: 'normal',
    title: `${rows}x${columns} from row ${rowStart}`,
    rowwise: { rows, outputs: ['out'] },
    async run(scope, from, to) {
      const out = scope.dirty([to - from, columns]);
      scope.engine.normal(out, { key: { k0: 0xffffffff, k1: 0x12345678 }, stream: 0x80000001, rowStart: rowStart + from });
      return read(scope, { out });
    },
  }));
}

export const rowCases: readonly KernelCase[] = [...embeddingCases(), ...sinusoidalCases(), ...normalCases()];
