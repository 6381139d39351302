import type { Engine } from '../port/engine';
import type { CountsBatch, ParameterSet, Tensor } from '../port/tensor';
import type { Arena } from './arena';
import { KernelArguments } from './arguments';
import { bernoulli } from './bernoulli';
import { decoding } from './decoding';
import { flow } from './flow';
import type { KernelExports } from './kernel-exports';
import { losses } from './losses';
import { misuse } from './misuse';
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
  const live = new Set<{ release(): void }>();
  let closed = false;

  const opened = (): Home => {
    if (closed) throw misuse('engine', 'used after close');
    return home;
  };
  const kept = <Storage extends { release(): void }>(storage: Storage): Storage => {
    live.add(storage);
    return storage;
  };
  const dropped = (storage: { release(): void }): void => {
    storage.release();
    live.delete(storage);
  };
  const ownTensor = (call: string, tensor: Tensor): CompiledTensor => {
    if (!(tensor instanceof CompiledTensor) || tensor.home !== home) throw misuse(call, 'not a tensor of this engine');
    return tensor;
  };
  const numbersOf = (call: string, tensor: Tensor): Float32Array | Int32Array => {
    const own = ownTensor(call, tensor);
    if (own.pointer === 0) throw misuse(call, `a tensor of shape [${tensor.shape.join(', ')}] was used after its release`);
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

    tensor: (shape, dtype = 'real') => kept(CompiledTensor.create(opened(), [...shape], dtype)),

    upload(tensor, values, offset = 0) {
      const numbers = numbersOf('upload', tensor);
      if (!Number.isInteger(offset) || offset < 0 || offset + values.length > numbers.length) {
        throw misuse('upload', `${values.length} values from offset ${offset} on do not fit a tensor of ${numbers.length} elements`);
      }
      numbers.set(values, offset);
    },

    async download(tensor, start = 0, end = tensor.size) {
      const numbers = numbersOf('download', tensor);
      if (!(start >= 0 && start <= end && end <= numbers.length)) {
        throw misuse('download', `elements ${start} .. ${end} do not lie in a tensor of ${numbers.length} elements`);
      }
      const part = numbers.subarray(start, end);
      return part instanceof Float32Array ? part.slice() : Float64Array.from(part);
    },

    release(...tensors) {
      for (const tensor of tensors) dropped(ownTensor('release', tensor));
    },

    countsBatch: (capacity, columns) => kept(new CompiledCounts(opened(), capacity, columns)),
    uploadCounts: (batch, source) => ownCounts('uploadCounts', batch).fill(source),
    releaseCounts: (batch) => dropped(ownCounts('releaseCounts', batch)),

    parameters: (specs, options = {}) => kept(new CompiledParameters(opened(), [...specs], options.trainable === true)),
    releaseParameters: (set) => dropped(ownParameters('releaseParameters', set)),

    allocatedBytes: () => home.bytes,

    async close() {
      if (closed) return;
      closed = true;
      for (const storage of [...live]) dropped(storage);
      await host.close();
    },
  };
}
