import type { Engine, ParameterSet, RealArray, Tensor } from '@cfgen/compute';

/** A tensor at rest: values outside any engine. Float32 for models; Float64Array only in checkpoints of the reference engine. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: RealArray;
}

export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** What a training can go on from, bit for bit on the same engine: tensors, and a JSON record of where it stood. */
export interface TrainingState {
  readonly tensors: StoredTensors;
  readonly progress: Readonly<Record<string, unknown>>;
}

export async function storeTensor(engine: Engine, tensor: Tensor): Promise<StoredTensor> {
  return { shape: tensor.shape, data: await engine.download(tensor) };
}

/** Values of a set under `prefix + name`; with the Adam moments under `prefix + 'first.' / 'second.' + name` when asked for. */
export async function storeParameters(
  engine: Engine,
  set: ParameterSet,
  into: Map<string, StoredTensor>,
  prefix = '',
  moments = false,
): Promise<void> {
  for (const { name } of set.specs) {
    into.set(`${prefix}${name}`, await storeTensor(engine, set.value(name)));
    if (!moments) continue;
    into.set(`${prefix}first.${name}`, await storeTensor(engine, set.firstMoment(name)));
    into.set(`${prefix}second.${name}`, await storeTensor(engine, set.secondMoment(name)));
  }
}

export function loadParameters(engine: Engine, set: ParameterSet, from: StoredTensors, prefix = '', moments = false): void {
  for (const { name } of set.specs) {
    loadTensor(engine, set.value(name), from, `${prefix}${name}`);
    if (!moments) continue;
    loadTensor(engine, set.firstMoment(name), from, `${prefix}first.${name}`);
    loadTensor(engine, set.secondMoment(name), from, `${prefix}second.${name}`);
  }
}

/** Fills an engine tensor; the name and the shape must be there. Files are checked when they are read, so a miss here is a defect. */
export function loadTensor(engine: Engine, tensor: Tensor, from: StoredTensors, name: string): void {
  const stored = from.get(name);
  if (stored === undefined) throw new Error(`tensor ${name} is missing`);
  if (stored.shape.join('x') !== tensor.shape.join('x')) {
    throw new Error(`tensor ${name} has shape ${stored.shape.join(' x ')}, needed ${tensor.shape.join(' x ')}`);
  }
  engine.upload(tensor, stored.data);
}
