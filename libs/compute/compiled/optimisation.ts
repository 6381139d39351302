import type { Kernels } from '../port/kernels';
import type { KernelArguments } from './arguments';
import { misuse } from '../port/contract';

type Optimisation = Pick<Kernels, 'adamw' | 'blendParameters'>;

/** Bytes of a segment in C: begin, end, learning rate, weight decay. */
const segmentWords = 4;

export function optimisation(args: KernelArguments): Optimisation {
  const { exports, home } = args;
  return {
    adamw(set, { groups, beta1, beta2, epsilon, clipNorm, step, norm }) {
      const own = args.parameters('adamw', 'set', set);
      if (!own.trainable) throw misuse('adamw', 'set is not trainable');
      if (!(Number.isInteger(step) && step >= 1)) throw misuse('adamw', `step is ${step}, must be a whole number from 1 on`);
      const { segments } = own;
      const partialBytes = Math.ceil(exports.adamw_workspace(own.count) / 64) * 64;
      const workspace = args.workspace(partialBytes + segments.length * segmentWords * 4);
      const { u32, f32 } = home.arena;
      segments.forEach(({ group, begin, end }, i) => {
        const options = groups[group];
        if (options === undefined) throw misuse('adamw', `groups has no entry for '${group}'`);
        const at = (workspace + partialBytes) / 4 + i * segmentWords;
        u32[at] = begin;
        u32[at + 1] = end;
        f32[at + 2] = options.learningRate;
        f32[at + 3] = options.weightDecay;
      });
      const [values, gradients, first, second] = own.buffers;
      exports.adamw(
        values,
        gradients,
        first,
        second,
        own.count,
        workspace + partialBytes,
        segments.length,
        beta1,
        beta2,
        epsilon,
        clipNorm,
        1 - beta1 ** step,
        Math.sqrt(1 - beta2 ** step),
        args.vector('adamw', 'norm', norm, 1),
        workspace,
      );
    },

    blendParameters(target, source, decay) {
      const to = args.parameters('blendParameters', 'target', target);
      const from = args.parameters('blendParameters', 'source', source);
      const same =
        to.specs.length === from.specs.length &&
        to.specs.every(({ name, shape }, i) => {
          const other = from.specs[i];
          return other?.name === name && other.shape.length === shape.length && shape.every((length, j) => length === other.shape[j]);
        });
      if (!same) throw misuse('blendParameters', 'target and source have different parameters');
      exports.blend_parameters(to.buffers[0], from.buffers[0], to.count, decay);
    },
  };
}
