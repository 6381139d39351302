import { CfgenError, type ErrorCode } from '@cfgen/contracts';
import { decodeSafetensors, encodeSafetensors, takeSafetensors, type Tensor } from '@cfgen/tensors';
import { z } from 'zod';
import type { StoredTensor, StoredTensors, TrainingState } from '../training/state';

/** Weights as the bytes of a model's safetensors file: float32 whatever the engine computed in. */
export function encodeWeights(tensors: StoredTensors): Uint8Array {
  return encodeSafetensors(
    [...tensors].map(([name, { shape, data }]) => ({
      name,
      dtype: 'F32' as const,
      shape,
      data: data instanceof Float32Array ? data : Float32Array.from(data),
    })),
  );
}

/**
 * Weights that another step goes on with, as safetensors in the precision of the engine. With a float32 engine these are the bytes of
 * {@link encodeWeights}.
 */
export function encodeTensors(tensors: StoredTensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  return encodeSafetensors(
    [...tensors].map(([name, { shape, data }]) =>
      data instanceof Float32Array ? { name, dtype: 'F32' as const, shape, data } : { name, dtype: 'F64' as const, shape, data },
    ),
    metadata,
  );
}

/**
 * Floating-point tensors of a safetensors file, by name; `bytes` becomes theirs.
 *
 * @param source what the bytes are, for messages
 * @throws CfgenError of the given code when the file is damaged, or holds something else than finite floating-point numbers
 */
export function decodeTensors(bytes: Uint8Array, source: string, damagedCode: ErrorCode = 'INPUT_DAMAGED'): StoredTensors {
  const { tensors } = takeSafetensors(bytes, { source, damagedCode });
  return new Map(
    tensors.map((tensor) => {
      const stored = real(tensor, source, damagedCode);
      if (allFinite(stored.data)) return [tensor.name, stored];
      throw notFinite(tensor, source, damagedCode);
    }),
  );
}

/** A state of a training as the bytes of one safetensors file; its record goes into the metadata. */
export function encodeTrainingState(state: TrainingState): Uint8Array {
  return encodeTensors(state.tensors, { progress: JSON.stringify(state.progress) });
}

/** @param source what the bytes are, for messages. @throws CfgenError INPUT_DAMAGED */
export function decodeTrainingState(bytes: Uint8Array, source: string): TrainingState {
  const { tensors, metadata } = decodeSafetensors(bytes, { source });
  const progress: unknown = JSON.parse(metadata['progress'] ?? '{}');
  return {
    tensors: new Map(tensors.map((tensor): [string, StoredTensor] => [tensor.name, real(tensor, source, 'INPUT_DAMAGED')])),
    progress: z.record(z.string(), z.unknown()).parse(progress),
  };
}

function real(tensor: Tensor, source: string, code: ErrorCode): StoredTensor {
  const { shape, data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array) return { shape, data };
  throw notFinite(tensor, source, code);
}

function notFinite(tensor: Tensor, source: string, code: ErrorCode): CfgenError {
  return new CfgenError(code, `${source}: tensor ${tensor.name} does not hold finite floating-point numbers`, {
    details: { path: source, tensor: tensor.name },
  });
}

/** A loop, for models have millions of weights: a number minus itself is 0, unless it is none or infinite. */
function allFinite(data: StoredTensor['data']): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] - data[i] !== 0) return false;
  return true;
}
