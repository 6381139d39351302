import { integers, normals, rowRange, uniforms } from './inputs';
import { read, type KernelCase } from './kernel-case';

const shapes = [
  [1, 1],
  [3, 5],
  [33, 50],
  [129, 101],
] as const;

function pathCases(): KernelCase[] {
  return shapes.flatMap(([rows, size], i) => {
    const cells = rows + 4;
    const latents = normals(cells * size, 500 + i);
    const index = integers(rows, 510 + i, 0, cells);
    const times = uniforms(rows, 520 + i);
    const noises = normals(rows * size, 530 + i);
    const jitters = normals(rows * size, 540 + i);
    return [false, true].map((jittered) => ({
      kernel: 'flowPath',
      title: `${rows}x${size}${jittered ? ' with jitter' : ''}`,
      rowwise: { rows, outputs: ['zt', 'target'] },
      async run(scope, from, to) {
        const part = (values: Float64Array) => scope.real([to - from, size], rowRange(values, size, from, to));
        const zt = scope.dirty([to - from, size]);
        const target = scope.dirty([to - from, size]);
        scope.engine.flowPath({
          latents: scope.real([cells, size], latents),
          rows: scope.int32([to - from], rowRange(index, 1, from, to)),
          times: scope.real([to - from], rowRange(times, 1, from, to)),
          noise: part(noises),
          ...(jittered ? { jitter: part(jitters) } : {}),
          zt,
          target,
          sigmaMin: 0.01,
        });
        return read(scope, { zt, target });
      },
    }));
  });
}

const coefficients = [0.5, -1.25, 2, 0.1, -0.3, 1, 0, 0.7];

function combinationCases(): KernelCase[] {
  return shapes.flatMap(([rows, size]) =>
    [1, 2, 5, 8].flatMap((count) => {
      const start = normals(rows * size, 550);
      const h = uniforms(rows, 551, -0.2, 0.2);
      const xs = coefficients.slice(0, count).map((c, j) => [c, normals(rows * size, 560 + j)] as const);
      return [false, true].flatMap(
        (inPlace) =>
          [
            {
              kernel: 'combine',
              title: `${count} terms of ${rows}x${size}${inPlace ? ', out is the last' : ''}`,
              rowwise: { rows, outputs: ['out'] },
              async run(scope, from, to) {
                const terms = xs.map(([c, x]) => [c, scope.real([to - from, size], rowRange(x, size, from, to))] as const);
                const out = inPlace ? terms[count - 1][1] : scope.dirty([to - from, size]);
                scope.engine.combine(out, terms);
                return read(scope, { out });
              },
            },
            {
              kernel: 'combineRows',
              title: `${count} terms of ${rows}x${size}${inPlace ? ', out is the base' : ''}`,
              rowwise: { rows, outputs: ['out'] },
              async run(scope, from, to) {
                const terms = xs.map(([c, x]) => [c, scope.real([to - from, size], rowRange(x, size, from, to))] as const);
                const base = scope.real([to - from, size], rowRange(start, size, from, to));
                const out = inPlace ? base : scope.dirty([to - from, size]);
                scope.engine.combineRows(out, base, scope.real([to - from], rowRange(h, 1, from, to)), terms);
                return read(scope, { out });
              },
            },
          ] satisfies KernelCase[],
      );
    }),
  );
}

function errorNormCases(): KernelCase[] {
  return shapes.map(([rows, size], i) => {
    const errors = normals(rows * size, 570 + i, 0, 1e-5);
    const from0 = normals(rows * size, 580 + i);
    const from1 = normals(rows * size, 590 + i);
    return {
      kernel: 'scaledErrorNorm',
      title: `${rows}x${size}`,
      rowwise: { rows, outputs: ['out'] },
      async run(scope, from, to) {
        const part = (values: Float64Array) => scope.real([to - from, size], rowRange(values, size, from, to));
        const out = scope.dirty([to - from]);
        scope.engine.scaledErrorNorm(out, { error: part(errors), y0: part(from0), y1: part(from1), atol: 1e-5, rtol: 1e-4 });
        return read(scope, { out });
      },
    };
  });
}

function distanceCases(): KernelCase[] {
  return (
    [
      [1, 1, 1],
      [3, 5, 2],
      [33, 17, 50],
      [70, 129, 101],
    ] as const
  ).map(([m, n, size], i) => {
    const a = normals(m * size, 600 + i);
    const b = normals(n * size, 610 + i);
    // One row occurs on both sides: distance 0, never below.
    b.set(a.subarray(0, size));
    return {
      kernel: 'squaredDistances',
      title: `${m} to ${n} in ${size} dimensions`,
      rowwise: { rows: m, outputs: ['out'] },
      magnitude: { out: 1 + size / 10 },
      async run(scope, from, to) {
        const out = scope.dirty([to - from, n]);
        scope.engine.squaredDistances(out, scope.real([to - from, size], rowRange(a, size, from, to)), scope.real([n, size], b));
        return read(scope, { out });
      },
    };
  });
}

export const flowCases: readonly KernelCase[] = [...pathCases(), ...combinationCases(), ...errorNormCases(), ...distanceCases()];
