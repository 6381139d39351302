import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CountsBatch, Engine, EngineOptions, Kernels, Tensor } from '../index';
import { createReferenceEngine } from '../index';
import { bernoulliCases } from './bernoulli-cases';
import { expectClose, expectFinite, expectSameBits } from './comparison';
import { largerSteps, smallSteps, type ComposedStep } from './composed-step-cases';
import { decodingCases } from './decoding-cases';
import { drawsCases } from './draws-cases';
import { flowCases } from './flow-cases';
import { fromDense } from './inputs';
import { runCase, type KernelCase, type Outputs } from './kernel-case';
import { longSums } from './long-sums-cases';
import { lossCases } from './losses-cases';
import { normalisationCases } from './normalisation-cases';
import { optimisationCases } from './optimisation-cases';
import { poissonCases } from './poisson-cases';
import { productCases } from './products-cases';
import { rowCases } from './rows-cases';
import { storageCases } from './storage-cases';
import { TensorScope } from './tensor-scope';
import { float32Tolerances, type Tolerance, type Tolerances } from './tolerances';

/** Every case of every kernel, on fixed inputs of order 1. */
export const kernelCases: readonly KernelCase[] = [
  ...productCases,
  ...normalisationCases,
  ...lossCases,
  ...rowCases,
  ...flowCases,
  ...optimisationCases,
  ...decodingCases,
  ...bernoulliCases,
  ...poissonCases,
];

export const kernelNames = Object.keys(float32Tolerances).filter((name) => name !== 'composedStep') as (keyof Kernels)[];

/** Whose results are whole numbers that rounding may move by one. */
const drawKernels: ReadonlySet<keyof Kernels> = new Set(['sampleNegativeBinomial', 'sampleBernoulli', 'samplePoisson']);

/**
 * What every engine must do, as tests: agree with the reference engine kernel by kernel, compute a row the same (or as close as it
 * promises, `Engine.rows`) whatever is computed beside it and the same whatever the number of threads, draw from the right laws, and give back its memory.
 *
 * @param name of the suite
 * @param createEngine makes an engine; called with 1, 2 and 4 threads (an engine may stay on one)
 * @param tolerances how far results may be from the reference's
 * @param chosen which cases of kernels to run: all, unless a device is so slow that large ones would take minutes
 */
export function engineConformance(
  name: string,
  createEngine: (options: EngineOptions) => Promise<Engine>,
  tolerances: Tolerances = float32Tolerances,
  chosen: (kernelCase: KernelCase) => boolean = () => true,
): void {
  describe(name, () => {
    const engines = new Map<number, Engine>();
    const reference = createReferenceEngine();
    const engineWith = (threads: number): Engine => {
      const engine = engines.get(threads);
      if (engine === undefined) throw new Error(`no engine with ${threads} threads was made`);
      return engine;
    };

    beforeAll(async () => {
      for (const threads of [1, 2, 4]) engines.set(threads, await createEngine({ threads }));
    });
    afterAll(async () => {
      for (const engine of engines.values()) await engine.close();
    });

    it('says what it is', () => {
      const engine = engineWith(1);
      expect(engine.describe()).toContain(engine.name);
      expect(engine.threads).toBe(1);
    });

    describe('storage', () => storageCases(() => engineWith(1)));

    describe.each(kernelNames)('%s', (kernel) => {
      const cases = kernelCases.filter((kernelCase) => kernelCase.kernel === kernel && chosen(kernelCase));

      it.each(cases)('$title: agrees with the reference and leaves nothing behind', async (kernelCase) => {
        const engine = engineWith(2);
        const before = engine.allocatedBytes();
        const got = await runCase(engine, kernelCase);
        expect(engine.allocatedBytes(), 'bytes held afterwards').toBe(before);
        expectFinite(got);
        const want = await runCase(reference, kernelCase);
        if (drawKernels.has(kernel)) expectSameDraws(got, want, tolerances[kernel].absolute);
        else expectClose(got, want, tolerances[kernel], kernelCase.magnitude);
      });

      it('computes the same bits on 1, 2 and 4 threads', async () => {
        for (const kernelCase of cases) {
          const alone = await runCase(engineWith(1), kernelCase);
          for (const threads of [2, 4]) {
            const together = await runCase(engineWith(threads), kernelCase);
            for (const [output, values] of Object.entries(alone)) {
              expectSameBits(together[output], values, `${kernelCase.title}: ${output} on ${threads} threads`);
            }
          }
        }
      });

      const rowwise = cases.filter((kernelCase) => (kernelCase.rowwise?.rows ?? 0) > 1);
      if (rowwise.length > 0) {
        it('computes a row the same whatever is computed beside it: the same bits, or close where the engine promises no more', async () => {
          for (const kernelCase of rowwise) await expectIndependentRows(engineWith(2), kernelCase, tolerances[kernel]);
        });
      }
    });

    describe('training steps composed of kernels agree with the reference', () => {
      it.each([...smallSteps, ...largerSteps])('$title', async (step) => {
        const want = await lossAndGradients(reference, step);
        const got = await lossAndGradients(engineWith(2), step);
        const sizes = Object.entries(want).map(([output, values]) => [output, largest(values)] as const);
        // Gradients of biases before batch norm are 0 but for rounding: they are measured by the gradients they are the rest of.
        const least = 0.05 * Math.max(...sizes.map(([, size]) => size));
        const magnitude = Object.fromEntries(sizes.map(([output, size]) => [output, Math.max(size, least)]));
        expectClose(got, want, tolerances.composedStep, magnitude);
      });
    });

    describe('sums over a million numbers keep five digits', () => {
      it.each(longSums)('$title', async (longSum) => {
        const scope = new TensorScope(engineWith(2));
        const { got, exact } = await longSum.run(scope);
        scope.release();
        expect(Math.abs(got / exact - 1)).toBeLessThan(1e-5);
      });
    });

    it.each(lossesOfDecoders)(
      '$title shows a diverged cell as a loss that is no number, and leaves the other cells alone',
      async ({ apply }) => {
        const scope = new TensorScope(engineWith(2));
        const rowLoss = scope.dirty([3]);
        apply(scope, {
          logits: scope.real([3, 4], [0, 1, 2, 3, 0, NaN, 2, 3, 3, 2, 1, 0]),
          counts: scope.counts(fromDense(3, 4, (r, g) => (r + g) % 3)),
          rowLoss,
        });
        const losses = Array.from(await scope.engine.download(rowLoss), Number.isFinite);
        scope.release();
        expect(losses).toEqual([true, false, true]);
      },
    );

    describe('draws', () => drawsCases(() => engineWith(2)));

    it('is unusable once closed, and closes without waiting for anything else', async () => {
      const engine = await createEngine({ threads: 2 });
      engine.tensor([10]);
      await engine.close();
      expect(() => engine.tensor([1])).toThrow();
    });
  });
}

interface DecoderLoss {
  readonly title: string;
  apply(scope: TensorScope, args: { logits: Tensor; counts: CountsBatch; rowLoss: Tensor }): void;
}

/** Each loss on three cells of four features. */
const lossesOfDecoders: readonly DecoderLoss[] = [
  {
    title: 'negative binomial',
    apply(scope, args) {
      const sizeFactors = scope.real([3], [5, 5, 5]);
      scope.engine.negativeBinomialLoss({ ...args, logTheta: scope.real([4]), sizeFactors, dLogTheta: scope.dirty([4]), scale: 1 });
    },
  },
  { title: 'Bernoulli', apply: (scope, args) => scope.engine.bernoulliLoss({ ...args, scale: 1, gradient: true }) },
  {
    title: 'Poisson',
    apply: (scope, args) => scope.engine.poissonLoss({ ...args, sizeFactors: scope.real([3], [5, 5, 5]), scale: 1, gradient: true }),
  },
];

async function lossAndGradients(engine: Engine, step: ComposedStep): Promise<Outputs> {
  const scope = new TensorScope(engine);
  const { parameters, pass } = step.prepare(scope);
  const outputs: Record<string, ArrayLike<number>> = { loss: [await pass()] };
  for (const { name } of step.specs) outputs[`gradient of ${name}`] = await engine.download(parameters.gradient(name));
  scope.release();
  return outputs;
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/**
 * Single rows and uneven halves must give the bits that the same rows have in the whole; for an engine whose rows are `close`, numbers
 * as near to them as both must be to the reference's.
 */
async function expectIndependentRows(engine: Engine, kernelCase: KernelCase, tolerance: Tolerance): Promise<void> {
  const { rows, outputs } = kernelCase.rowwise ?? { rows: 0, outputs: [] };
  const whole = await runCase(engine, kernelCase);
  const cut = Math.max(1, Math.floor(rows / 3));
  const ranges = [0, 1, Math.floor(rows / 2), rows - 2, rows - 1]
    .map((row) => [row, row + 1])
    .concat([
      [0, cut],
      [cut, rows],
    ]);
  for (const [from, to] of ranges) {
    if (from < 0) continue;
    const part = await runCase(engine, kernelCase, from, to);
    for (const output of outputs) {
      if (!(output in whole)) continue;
      const width = whole[output].length / rows;
      const wanted = Array.from(whole[output]).slice(from * width, to * width);
      const what = `${kernelCase.title}: ${output} of rows ${from} .. ${to} alone`;
      if (engine.rows === 'close')
        expectClose({ [what]: part[output] }, { [what]: wanted }, tolerance, { [what]: magnitudeOf(kernelCase, output) });
      else expectSameBits(part[output], wanted, what);
    }
  }
}

const magnitudeOf = (kernelCase: KernelCase, output: string) => kernelCase.magnitude?.[output] ?? 1;

/** Draws by inversion: the logits untouched, nearly all counts the reference's and the others one off. */
function expectSameDraws(got: Outputs, want: Outputs, share: number): void {
  expectSameBits(got['logits'], want['logits'], 'logits');
  let different = 0;
  for (let i = 0; i < want['counts'].length; i++) {
    const difference = Math.abs(got['counts'][i] - want['counts'][i]);
    expect(difference, `count ${i}, the reference drew ${want['counts'][i]}`).toBeLessThanOrEqual(1);
    if (difference !== 0) different++;
  }
  expect(different / want['counts'].length, 'share of draws that differ').toBeLessThanOrEqual(share);
}
