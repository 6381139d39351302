import type { SparseRows } from '@cfgen/tensors';
import type { Engine } from '../port/engine';
import type { Kernels } from '../port/kernels';
import type { Tensor } from '../port/tensor';
import type { KernelArguments } from './arguments';
import { dispersions } from './negative-binomial';
import type { DeviceTensor } from './storage';

type Draws = Pick<Kernels, 'sampleNegativeBinomial' | 'samplePoisson' | 'sampleBernoulli'>;

/**
 * Counts are drawn on the host, by the kernels of an engine that computes there: TensorFlow's draws know no counter-based generator, and run
 * on processors only. From the same logits the draws are those of that engine, bit for bit.
 */
export function draws(args: KernelArguments, host: () => Promise<Engine>): Draws {
  /** Brings tensors over, draws, and gives back what was brought. */
  const drawnFrom = async (
    tensors: readonly DeviceTensor[],
    draw: (engine: Engine, brought: readonly Tensor[]) => Promise<SparseRows>,
  ): Promise<SparseRows> => {
    // Asked for before anything is waited for: later kernels may change them.
    const numbers = await Promise.all(tensors.map((tensor) => tensor.download(0, tensor.size)));
    const engine = await host();
    const brought = tensors.map(({ shape, dtype }, i) => {
      const tensor = engine.tensor(shape, dtype);
      engine.upload(tensor, numbers[i]);
      return tensor;
    });
    try {
      return await draw(engine, brought);
    } finally {
      engine.release(...brought);
    }
  };

  return {
    async sampleNegativeBinomial({ logits, logTheta, category, sizeFactors, key, rowStart }) {
      const kernel = 'sampleNegativeBinomial';
      const [rows, genes] = args.dimensions(kernel, 'logits', logits);
      const s = args.real(kernel, 'logits', logits, [rows, genes]);
      const theta = dispersions(args, kernel, logTheta, category, rows, genes).logTheta;
      const l = args.real(kernel, 'sizeFactors', sizeFactors, [rows]);
      const codes = category === undefined ? [] : [category as DeviceTensor];
      return drawnFrom([s, theta, l, ...codes], (engine, [hostLogits, hostTheta, hostFactors, hostCategory]) =>
        engine.sampleNegativeBinomial({
          logits: hostLogits,
          logTheta: hostTheta,
          sizeFactors: hostFactors,
          ...(hostCategory === undefined ? {} : { category: hostCategory }),
          key,
          rowStart,
        }),
      );
    },

    async samplePoisson({ logits, sizeFactors, key, rowStart }) {
      const [rows, features] = args.dimensions('samplePoisson', 'logits', logits);
      const s = args.real('samplePoisson', 'logits', logits, [rows, features]);
      const l = args.real('samplePoisson', 'sizeFactors', sizeFactors, [rows]);
      return drawnFrom([s, l], (engine, [hostLogits, hostFactors]) =>
        engine.samplePoisson({ logits: hostLogits, sizeFactors: hostFactors, key, rowStart }),
      );
    },

    async sampleBernoulli({ logits, key, rowStart }) {
      const shape = args.dimensions('sampleBernoulli', 'logits', logits);
      const s = args.real('sampleBernoulli', 'logits', logits, shape);
      return drawnFrom([s], (engine, [hostLogits]) => engine.sampleBernoulli({ logits: hostLogits, key, rowStart }));
    },
  };
}
