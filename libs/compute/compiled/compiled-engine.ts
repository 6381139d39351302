import type { Engine } from '../port/engine';
import type { CountsBatch, ParameterSet, Tensor } from '../port/tensor';
import type { Arena } from './arena';
import { KernelArguments } from './arguments';
import { bernoulli } from './bernoulli';
import { decoding } from './decoding';
import { flow } from './flow';
import type { KernelExports } from './kernel-exports';
import { losses } from './losses';
import { checkDownload, checkUpload, misuse, shapeText } from '../port/contract';
import { Holdings } from '../port/holdings';
import { normalisation } from './normalisation';
import { optimisation } from './optimisation';
import { poisson } from './poisson';
import { products } from './products';
import { rows } from './rows';
import { CompiledCounts, CompiledParameters, CompiledTensor, type Home } from './storage';

/** The compiled kernels of one engine, their memory, and the threads that serve them. */
export interface KernelHost {
  readonly exports: KernelExports;
  readonly arena: Arena;
  readonly threads: number;
  close(): Promise<void>;
}

/** The port on compiled kernels, wherever they run. */
export function compiledEngine(name: Engine['name'], description: string, host: KernelHost): Engine {
  const { threads } = host;
  const home: Home = { arena: host.arena, exports: host.exports, bytes: 0 };
  const args = new KernelArguments(home);
  const held = new Holdings();
  const ownTensor = (call: string, tensor: Tensor): CompiledTensor => {
    if (!(tensor instanceof CompiledTensor) || tensor.home !== home) throw misuse(call, 'not a tensor of this engine');
    return tensor;
  };
  const numbersOf = (call: string, tensor: Tensor): Float32Array | Int32Array => {
    const own = ownTensor(call, tensor);
    if (own.pointer === 0) throw misuse(call, `a tensor of shape ${shapeText(tensor.shape)} was used after its release`);
    const begin = own.pointer / 4;
    return (own.dtype === 'real' ? home.arena.f32 : home.arena.i32).subarray(begin, begin + own.size);
  };
  const ownCounts = (call: string, batch: CountsBatch): CompiledCounts => {
    if (!(batch instanceof CompiledCounts) || batch.home !== home) throw misuse(call, 'not a counts batch of this engine');
    return batch;
  };
  const ownParameters = (call: string, set: ParameterSet): CompiledParameters => {
    if (!(set instanceof CompiledParameters) || set.home !== home) throw misuse(call, 'not a parameter set of this engine');
    return set;
  };

  return {
    ...products(args),
    ...normalisation(args),
    ...losses(args),
    ...rows(args),
    ...flow(args),
    ...optimisation(args),
    ...decoding(args),
    ...bernoulli(args),
    ...poisson(args),

    name,
    threads,
    describe: () => `${description}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,

    tensor: (shape, dtype = 'real') => held.keep(() => CompiledTensor.create(home, [...shape], dtype)),

    upload(tensor, values, offset = 0) {
      const numbers = numbersOf('upload', tensor);
      checkUpload(numbers.length, values, offset);
      numbers.set(values, offset);
    },

    async download(tensor, start = 0, end = tensor.size) {
      const numbers = numbersOf('download', tensor);
      checkDownload(numbers.length, start, end);
      const part = numbers.subarray(start, end);
      return part instanceof Float32Array ? part.slice() : Float64Array.from(part);
    },

    release(...tensors) {
      for (const tensor of tensors) held.drop(ownTensor('release', tensor));
    },

    countsBatch: (capacity, columns) => held.keep(() => new CompiledCounts(home, capacity, columns)),
    uploadCounts: (batch, source) => ownCounts('uploadCounts', batch).fill(source),
    releaseCounts: (batch) => held.drop(ownCounts('releaseCounts', batch)),

    parameters: (specs, options = {}) => held.keep(() => new CompiledParameters(home, [...specs], options.trainable === true)),
    releaseParameters: (set) => held.drop(ownParameters('releaseParameters', set)),

    allocatedBytes: () => home.bytes,

    async close() {
      if (held.close()) await host.close();
    },
  };
}
