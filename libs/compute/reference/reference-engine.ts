import type { Engine, EngineOptions } from '../port/engine';
import { withoutMixed } from '../port/precision';
import type { CountsBatch, ParameterSet, Tensor } from '../port/tensor';
import { bernoulli } from './bernoulli';
import { decoding } from './decoding';
import { flow } from './flow';
import { losses } from './losses';
import { normalisation } from './normalisation';
import { optimisation } from './optimisation';
import { poisson } from './poisson';
import { products } from './products';
import { rows } from './rows';
import { checkDownload, checkUpload, misuse, shapeText } from '../port/contract';
import { ReferenceCounts, ReferenceParameters, ReferenceTensor, released, type Ledger } from './storage';

/**
 * The engine that defines what every kernel means: plain TypeScript, float64, one thread whatever is asked for.
 * Other engines are tested against it; small models train on it.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE when mixed precision is asked for
 * @throws CfgenError INTERNAL from any call whose arguments break the port's contract: wrong shapes or types, indices outside a
 * table, tensors used after their release
 */
export function createReferenceEngine(options: EngineOptions = {}): Engine {
  if (options.precision === 'mixed') throw withoutMixed('the reference engine computes in float64');
  const ledger: Ledger = { bytes: 0, live: new Set() };
  let closed = false;

  const opened = (): Ledger => {
    if (closed) throw misuse('engine', 'used after close');
    return ledger;
  };

  return {
    ...products,
    ...normalisation,
    ...losses,
    ...rows,
    ...flow,
    ...optimisation,
    ...decoding,
    ...bernoulli,
    ...poisson,

    name: 'reference',
    threads: 1,
    describe: () => 'reference: plain TypeScript, float64, 1 thread',

    tensor: (shape, dtype = 'real') => new ReferenceTensor(opened(), [...shape], dtype),

    upload(tensor, values, offset = 0) {
      const data = dataOf('upload', tensor);
      checkUpload(data.length, values, offset);
      data.set(values, offset);
    },

    async download(tensor, start = 0, end = tensor.size) {
      const data = dataOf('download', tensor);
      checkDownload(data.length, start, end);
      return Float64Array.from(data.subarray(start, end));
    },

    release(...tensors) {
      for (const tensor of tensors) ownTensor('release', tensor).release();
    },

    countsBatch: (capacity, columns) => new ReferenceCounts(opened(), capacity, columns),
    uploadCounts: (batch, source) => ownCounts('uploadCounts', batch).fill(source),
    releaseCounts: (batch) => ownCounts('releaseCounts', batch).release(),

    parameters: (specs, options = {}) => new ReferenceParameters(opened(), [...specs], options.trainable === true),
    releaseParameters: (set) => ownParameters('releaseParameters', set).release(),

    allocatedBytes: () => ledger.bytes,

    async close() {
      closed = true;
      for (const storage of [...ledger.live]) storage.release();
    },
  };
}

function dataOf(call: string, tensor: Tensor): Float64Array | Int32Array {
  const { data } = ownTensor(call, tensor);
  if (data === undefined) throw released(call, `a tensor of shape ${shapeText(tensor.shape)}`);
  return data;
}

function ownTensor(call: string, tensor: Tensor): ReferenceTensor {
  if (!(tensor instanceof ReferenceTensor)) throw misuse(call, 'not a tensor of the reference engine');
  return tensor;
}

function ownCounts(call: string, batch: CountsBatch): ReferenceCounts {
  if (!(batch instanceof ReferenceCounts)) throw misuse(call, 'not a counts batch of the reference engine');
  return batch;
}

function ownParameters(call: string, set: ParameterSet): ReferenceParameters {
  if (!(set instanceof ReferenceParameters)) throw misuse(call, 'not a parameter set of the reference engine');
  return set;
}
