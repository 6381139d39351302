import type { SparseRows } from '@cfgen/tensors';
import type { CountsBatch, Engine, ParameterSet, ParameterSpec, Tensor } from '../index';

/** Makes tensors on an engine and releases them all at once, so that a case can't leak what it made itself. */
export class TensorScope {
  readonly #tensors: Tensor[] = [];
  readonly #batches: CountsBatch[] = [];
  readonly #sets: ParameterSet[] = [];

  constructor(readonly engine: Engine) {}

  real(shape: readonly number[], values?: ArrayLike<number>): Tensor {
    const tensor = this.engine.tensor(shape);
    this.#tensors.push(tensor);
    if (values !== undefined) this.engine.upload(tensor, values);
    return tensor;
  }

  /** A tensor whose old content must not shine through: every element is 7. */
  dirty(shape: readonly number[]): Tensor {
    const tensor = this.real(shape);
    this.engine.upload(tensor, new Float64Array(tensor.size).fill(7));
    return tensor;
  }

  int32(shape: readonly number[], values: ArrayLike<number>): Tensor {
    const tensor = this.engine.tensor(shape, 'int32');
    this.#tensors.push(tensor);
    this.engine.upload(tensor, values);
    return tensor;
  }

  /** A batch with room for two rows more than it holds. */
  counts(rows: SparseRows): CountsBatch {
    const batch = this.engine.countsBatch(rows.rows + 2, rows.columns);
    this.#batches.push(batch);
    this.engine.uploadCounts(batch, rows);
    return batch;
  }

  parameters(specs: readonly ParameterSpec[], options?: { trainable?: boolean }): ParameterSet {
    const set = this.engine.parameters(specs, options);
    this.#sets.push(set);
    return set;
  }

  release(): void {
    this.engine.release(...this.#tensors.splice(0));
    for (const batch of this.#batches.splice(0)) this.engine.releaseCounts(batch);
    for (const set of this.#sets.splice(0)) this.engine.releaseParameters(set);
  }
}
