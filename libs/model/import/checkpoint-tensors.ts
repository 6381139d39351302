import { CfgenError } from '@cfgen/contracts';
import { decodeSafetensors } from '@cfgen/tensors';
import type { StoredTensor, StoredTensors } from '../training/state';

/** A safetensors file with the tensors of a checkpoint, and the description that may lie in its metadata. */
export interface CheckpointFile {
  readonly tensors: StoredTensors;
  /** JSON text of the facts; undefined when the file has none. */
  readonly facts: string | undefined;
}

/** Key of the facts in the metadata of the safetensors file. */
const factsKey = 'cfgen-checkpoint';
/** Counters of PyTorch's batch norm: whole numbers that only a training with cumulative averages would need. */
const counter = /\.num_batches_tracked$/;

/** @param source what the bytes are, for messages. @throws CfgenError INPUT_DAMAGED, INPUT_UNSUPPORTED naming the tensor */
export function readCheckpointFile(bytes: Uint8Array, source: string): CheckpointFile {
  const content = decodeSafetensors(bytes, { source });
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, data } of content.tensors) {
    if (counter.test(name)) continue;
    if (!(data instanceof Float32Array) && !(data instanceof Float64Array)) {
      throw new CfgenError('INPUT_UNSUPPORTED', `${source}: tensor ${name} does not hold floating-point numbers`, {
        hint: 'Only the tensors of an autoencoder and of a velocity network belong into this file.',
        details: { source, tensor: name },
      });
    }
    const wrong = data.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new CfgenError('INPUT_DAMAGED', `${source}: tensor ${name} holds ${String(data[wrong])} at element ${wrong}`, {
        hint: 'The training that wrote this checkpoint had diverged; take an earlier one.',
        details: { source, tensor: name, element: wrong },
      });
    }
    tensors.set(name, { shape, data });
  }
  return { tensors, facts: content.metadata[factsKey] };
}

/** Tensors under the names of PyTorch, taken one by one; what nobody took is told at the end. */
export class CheckpointTensors {
  private readonly left: Set<string>;

  constructor(
    private readonly tensors: StoredTensors,
    private readonly source: string,
  ) {
    this.left = new Set(tensors.keys());
  }

  /** Shape of a tensor; undefined when it is not there. */
  shape(name: string): readonly number[] | undefined {
    return this.tensors.get(name)?.shape;
  }

  /** Names that are there and begin so. */
  named(prefix: string): string[] {
    return [...this.tensors.keys()].filter((name) => name.startsWith(prefix));
  }

  /** @param shape needed; null: any size along that axis. @throws CfgenError INPUT_INCOMPLETE (missing), FEATURES_MISMATCH (shape) */
  take(name: string, shape: readonly (number | null)[]): StoredTensor {
    const found = this.tensors.get(name);
    const needed = shape.map((size) => size ?? 'any').join(' x ');
    if (found === undefined) {
      throw new CfgenError('INPUT_INCOMPLETE', `${this.source}: tensor ${name} is missing, needed: ${needed}`, {
        hint: `There are: ${nearby(name, [...this.tensors.keys()])}.`,
        details: { source: this.source, tensor: name, expected: shape },
      });
    }
    if (found.shape.length !== shape.length || shape.some((size, axis) => size !== null && size !== found.shape[axis])) {
      throw new CfgenError('FEATURES_MISMATCH', `${this.source}: tensor ${name} has shape ${found.shape.join(' x ')}, needed: ${needed}`, {
        hint: 'Autoencoder, flow and description must come from one training.',
        details: { source: this.source, tensor: name, found: found.shape, expected: shape },
      });
    }
    this.left.delete(name);
    return found;
  }

  /** Weight [inputs, outputs] (PyTorch has [outputs, inputs]) and bias of a Linear, as `to.weight` and `to.bias`. */
  linear(from: string, to: string, inputs: number | null, outputs: number | null): [string, StoredTensor][] {
    const weight = transposed(this.take(`${from}.weight`, [outputs, inputs]));
    return [
      [`${to}.weight`, weight],
      [`${to}.bias`, this.take(`${from}.bias`, [weight.shape[1]])],
    ];
  }

  /** @throws CfgenError INPUT_UNSUPPORTED when tensors are left that no network here knows: to leave them out would change its results */
  requireAllTaken(): void {
    if (this.left.size === 0) return;
    const names = [...this.left];
    throw new CfgenError('INPUT_UNSUPPORTED', `${this.source}: ${names.length} tensors have no place in the model: ${shown(names)}`, {
      hint: 'The network differs from the published one; leaving tensors out would change what it computes.',
      details: { source: this.source, tensors: names.slice(0, 20) },
    });
  }
}

function transposed({ shape, data }: StoredTensor): StoredTensor {
  const [outputs, inputs] = shape;
  const turned = data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length);
  for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) turned[i * outputs + o] = data[o * inputs + i];
  return { shape: [inputs, outputs], data: turned };
}

function nearby(name: string, names: readonly string[]): string {
  if (names.length === 0) return 'no tensors';
  const start = name.slice(0, name.indexOf('.') + 1);
  const near = start === '' ? [] : names.filter((candidate) => candidate.startsWith(start));
  return shown(near.length > 0 ? near : names);
}

function shown(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
}
