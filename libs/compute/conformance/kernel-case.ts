import type { Engine, Kernels, Tensor } from '../index';
import { TensorScope } from './tensor-scope';

/** What a kernel wrote, by name. */
export type Outputs = Readonly<Record<string, ArrayLike<number>>>;

/** One call (or a short sequence of calls) of a kernel on fixed inputs. */
export interface KernelCase {
  readonly kernel: keyof Kernels;
  readonly title: string;
  /**
   * Given for kernels whose result rows belong to input rows: then `run` computes rows from .. to alone, and the outputs named here
   * must be the same bits as those rows of the whole.
   */
  readonly rowwise?: { readonly rows: number; readonly outputs: readonly string[] };
  /** Size of the numbers added up to make an output, where it is far from 1: multiplies the absolute tolerance. */
  readonly magnitude?: Readonly<Record<string, number>>;
  run(scope: TensorScope, from: number, to: number): Promise<Outputs>;
}

/** Runs a case on an engine for some rows (all by default) and releases what it made. */
export async function runCase(engine: Engine, kernelCase: KernelCase, from = 0, to = kernelCase.rowwise?.rows ?? 0): Promise<Outputs> {
  const scope = new TensorScope(engine);
  try {
    return await kernelCase.run(scope, from, to);
  } finally {
    scope.release();
  }
}

/** Downloads tensors by name. */
export async function read(scope: TensorScope, tensors: Readonly<Record<string, Tensor>>): Promise<Outputs> {
  const outputs: Record<string, ArrayLike<number>> = {};
  for (const [name, tensor] of Object.entries(tensors)) outputs[name] = await scope.engine.download(tensor);
  return outputs;
}
