import os from 'node:os';
import { CfgenError } from '@cfgen/contracts';
import type { Engine, EngineOptions } from '../port/engine';
import { withoutMixed } from '../port/precision';
import type { CountsBatch, ParameterSet, Tensor } from '../port/tensor';
import { createReferenceEngine } from '../reference/reference-engine';
import { createWasmEngine } from '../wasm/wasm-engine';
import { KernelArguments } from './arguments';
import { DeviceCounts } from './counts';
import type { Device, DeviceKind } from './device';
import { chooseDevice } from './device-choice';
import { draws } from './draws';
import { flow } from './flow';
import { losses } from './losses';
import { checkDownload, checkUpload, misuse, shapeText } from '../port/contract';
import { Holdings } from '../port/holdings';
import { negativeBinomial } from './negative-binomial';
import { normalisation } from './normalisation';
import { optimisation } from './optimisation';
import { poissonAndBernoulli } from './poisson-and-bernoulli';
import { products } from './products';
import { rows } from './rows';
import { DeviceParameters, DeviceTensor, type Home } from './storage';

export interface TensorflowEngineOptions extends EngineOptions {
  /** Devices to try, best first. Default: a GPU through tfjs-node-gpu, a GPU through WebGPU, processors through tfjs-node. */
  readonly devices?: readonly DeviceKind[];
  /** Refuse whatever is not a GPU. */
  readonly gpuOnly?: boolean;
}

/**
 * The engine for GPUs: TensorFlow.js on the TensorFlow library or on WebGPU, in float32. Its packages are optional and loaded only here.
 * Tensors stay on the device; counts and normal numbers are drawn on the host. TensorFlow orders sums by the shape of the whole, so a row may
 * differ in its last digits with the rows computed beside it: see `rows`.
 *
 * A process has one device: TensorFlow.js keeps it, and engines share it.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE when no device can be opened, saying for each why and what to do, or when mixed precision is asked for
 */
export async function createTensorflowEngine(options: TensorflowEngineOptions = {}): Promise<Engine> {
  if (options.precision === 'mixed') throw withoutMixed('the tensorflow engine computes in float32');
  const threads = Math.max(1, Math.floor(options.threads ?? os.availableParallelism()));
  return engineOn(await chooseDevice({ threads, ...options }), threads);
}

function engineOn(device: Device, threads: number): Engine {
  const home: Home = { device, bytes: 0 };
  const args = new KernelArguments(home);
  const held = new Holdings();
  let host: Promise<Engine> | undefined;

  const usable = (call: string, tensor: Tensor): DeviceTensor => {
    const own = ownTensor(call, tensor);
    if (own.released) throw misuse(call, `a tensor of shape ${shapeText(tensor.shape)} was used after its release`);
    return own;
  };
  const ownTensor = (call: string, tensor: Tensor): DeviceTensor => {
    if (!(tensor instanceof DeviceTensor) || tensor.home !== home) throw misuse(call, 'not a tensor of this engine');
    return tensor;
  };
  const ownCounts = (call: string, batch: CountsBatch): DeviceCounts => {
    if (!(batch instanceof DeviceCounts) || batch.home !== home) throw misuse(call, 'not a counts batch of this engine');
    return batch;
  };
  const ownParameters = (call: string, set: ParameterSet): DeviceParameters => {
    if (!(set instanceof DeviceParameters) || set.home !== home) throw misuse(call, 'not a parameter set of this engine');
    return set;
  };

  return {
    ...products(args),
    ...normalisation(args),
    ...losses(args),
    ...negativeBinomial(args),
    ...poissonAndBernoulli(args),
    ...rows(args),
    ...flow(args),
    ...optimisation(args),
    ...draws(args, () => (host ??= hostEngine(threads))),

    name: 'tensorflow',
    threads,
    rows: 'close',
    describe: () => `tensorflow: ${device.description}, float32; a row may differ in its last digits with the rows beside it`,

    tensor: (shape, dtype = 'real') => held.keep(() => new DeviceTensor(home, [...shape], dtype)),

    upload(tensor, values, offset = 0) {
      const own = usable('upload', tensor);
      checkUpload(own.size, values, offset);
      own.upload(values, offset);
    },

    async download(tensor, start = 0, end = tensor.size) {
      const own = usable('download', tensor);
      checkDownload(own.size, start, end);
      const numbers = await own.download(start, end);
      const failure = device.failure?.();
      if (failure !== undefined) throw deviceFailed(device, failure);
      return numbers instanceof Float32Array ? numbers : Float64Array.from(numbers);
    },

    release(...tensors) {
      for (const tensor of tensors) {
        const own = ownTensor('release', tensor);
        if (own.owner !== undefined) throw misuse('release', `a tensor of shape ${shapeText(own.shape)} belongs to ${own.owner}`);
        held.drop(own);
      }
    },

    countsBatch: (capacity, columns) => held.keep(() => new DeviceCounts(home, capacity, columns)),
    uploadCounts: (batch, source) => ownCounts('uploadCounts', batch).fill(source),
    releaseCounts: (batch) => held.drop(ownCounts('releaseCounts', batch)),

    parameters: (specs, settings = {}) => held.keep(() => new DeviceParameters(home, [...specs], settings.trainable === true)),
    releaseParameters: (set) => held.drop(ownParameters('releaseParameters', set)),

    allocatedBytes: () => home.bytes,

    async close() {
      if (held.close()) await (await host)?.close();
    },
  };
}

function deviceFailed(device: Device, failure: string): CfgenError {
  return new CfgenError('INTERNAL', `${device.description} failed: ${failure.trim()}`, {
    hint: 'If it lacks memory, use smaller batches; else try --engine wasm, which needs no GPU.',
    details: { engine: 'tensorflow' },
  });
}

/** Where counts are drawn: the compiled kernels, or where they cannot run, the reference. */
async function hostEngine(threads: number): Promise<Engine> {
  try {
    return await createWasmEngine({ threads });
  } catch (error) {
    if (!(error instanceof CfgenError) || error.code !== 'ENGINE_UNAVAILABLE') throw error;
    return createReferenceEngine();
  }
}
