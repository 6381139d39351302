import { integers, normals, rowRange, toDense, uniforms } from './inputs';
import { read, type KernelCase } from './kernel-case';

const shapes = [
  [1, 1],
  [1, 18],
  [5, 33],
  [33, 258],
  [40, 1001],
] as const;

const key = { k0: 0x9abcdef0, k1: 0xfedcba98 };

function meanCases(): KernelCase[] {
  return shapes.flatMap(([rows, genes], i) => {
    const logits = normals(rows * genes, 800 + i, 0, 2);
    const sizeFactors = uniforms(rows, 810 + i, 1, 50_000);
    return [false, true].map((inPlace) => ({
      kernel: 'negativeBinomialMeans',
      title: `${rows}x${genes}${inPlace ? ', out is the logits' : ''}`,
      rowwise: { rows, outputs: ['out'] },
      async run(scope, from, to) {
        const s = scope.real([to - from, genes], rowRange(logits, genes, from, to));
        const out = inPlace ? s : scope.dirty([to - from, genes]);
        scope.engine.negativeBinomialMeans(out, { logits: s, sizeFactors: scope.real([to - from], rowRange(sizeFactors, 1, from, to)) });
        return read(scope, { out });
      },
    }));
  });
}

/**
 * Draws by inversion (moderate means), as a dense matrix, and the logits, which must be left as they are.
 * Rows are numbered across 2^32.
 */
function drawCases(): KernelCase[] {
  // The last is wider than what engines decide at once.
  return [...shapes, [3, 2_053] as const].flatMap(([rows, genes], i) => {
    const logits = normals(rows * genes, 820 + i);
    const sizeFactors = uniforms(rows, 830 + i, 0.2 * genes, 2 * genes);
    const category = integers(rows, 840 + i, 0, 3);
    return [false, true].map((categorical) => ({
      kernel: 'sampleNegativeBinomial',
      title: `${rows}x${genes}${categorical ? ', 3 categories' : ''}`,
      rowwise: { rows, outputs: ['counts', 'logits'] },
      async run(scope, from, to) {
        const s = scope.real([to - from, genes], rowRange(logits, genes, from, to));
        const thetaShape = categorical ? [3, genes] : [genes];
        const counts = await scope.engine.sampleNegativeBinomial({
          logits: s,
          logTheta: scope.real(thetaShape, normals(thetaShape[0] * (thetaShape[1] ?? 1), 850 + i)),
          sizeFactors: scope.real([to - from], rowRange(sizeFactors, 1, from, to)),
          ...(categorical ? { category: scope.int32([to - from], rowRange(category, 1, from, to)) } : {}),
          key,
          rowStart: 2 ** 32 - 2 + from,
        });
        return { counts: toDense(counts), ...(await read(scope, { logits: s })) };
      },
    }));
  });
}

export const decodingCases: readonly KernelCase[] = [...meanCases(), ...drawCases()];
