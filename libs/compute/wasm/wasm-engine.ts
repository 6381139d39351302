import os from 'node:os';
import type { Engine, EngineOptions } from '../port/engine';
import type { CountsBatch, ParameterSet, Tensor } from '../port/tensor';
import { KernelArguments } from './arguments';
import { bernoulli } from './bernoulli';
import { decoding } from './decoding';
import { flow } from './flow';
import { loadKernelModule, type KernelModule } from './kernel-module';
import { losses } from './losses';
import { misuse } from './misuse';
import { normalisation } from './normalisation';
import { optimisation } from './optimisation';
import { poisson } from './poisson';
import { products } from './products';
import { rows } from './rows';
import { WasmCounts, WasmParameters, WasmTensor, type Home } from './storage';
import { startThreadPool } from './thread-pool';

export interface WasmEngineOptions extends EngineOptions {
  /** Compiled kernels to use instead of the ones beside the program. */
  readonly module?: KernelModule;
}

const mostThreads = 256;

/**
 * The default engine: C kernels compiled to WebAssembly SIMD, one shared memory, worker threads. Float32; results do not depend on the
 * number of threads. Memory is bounded by 4 GiB.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE when the compiled kernels are missing or can't run here
 */
export async function createWasmEngine(options: WasmEngineOptions = {}): Promise<Engine> {
  const kernels = options.module ?? loadKernelModule();
  const threads = Math.max(1, Math.min(mostThreads, Math.floor(options.threads ?? os.availableParallelism())));
  const pool = startThreadPool(kernels, threads);
  const home: Home = { arena: pool.arena, exports: pool.exports, bytes: 0 };
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
  const ownTensor = (call: string, tensor: Tensor): WasmTensor => {
    if (!(tensor instanceof WasmTensor) || tensor.home !== home) throw misuse(call, 'not a tensor of this engine');
    return tensor;
  };
  const numbersOf = (call: string, tensor: Tensor): Float32Array | Int32Array => {
    const own = ownTensor(call, tensor);
    if (own.pointer === 0) throw misuse(call, `a tensor of shape [${tensor.shape.join(', ')}] was used after its release`);
    const begin = own.pointer / 4;
    return (own.dtype === 'real' ? home.arena.f32 : home.arena.i32).subarray(begin, begin + own.size);
  };
  const ownCounts = (call: string, batch: CountsBatch): WasmCounts => {
    if (!(batch instanceof WasmCounts) || batch.home !== home) throw misuse(call, 'not a counts batch of this engine');
    return batch;
  };
  const ownParameters = (call: string, set: ParameterSet): WasmParameters => {
    if (!(set instanceof WasmParameters) || set.home !== home) throw misuse(call, 'not a parameter set of this engine');
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

    name: 'wasm',
    threads,
    describe: () =>
      `wasm: WebAssembly SIMD, 4 floats at a time${kernels.fused ? ' with fused multiply-add' : ''}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,

    tensor: (shape, dtype = 'real') => kept(WasmTensor.create(opened(), [...shape], dtype)),

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

    countsBatch: (capacity, columns) => kept(new WasmCounts(opened(), capacity, columns)),
    uploadCounts: (batch, source) => ownCounts('uploadCounts', batch).fill(source),
    releaseCounts: (batch) => dropped(ownCounts('releaseCounts', batch)),

    parameters: (specs, options = {}) => kept(new WasmParameters(opened(), [...specs], options.trainable === true)),
    releaseParameters: (set) => dropped(ownParameters('releaseParameters', set)),

    allocatedBytes: () => home.bytes,

    async close() {
      if (closed) return;
      closed = true;
      for (const storage of [...live]) dropped(storage);
      await pool.close();
    },
  };
}
