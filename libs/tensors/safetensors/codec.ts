import { elementsFromBytes, takeElements } from '../schema/dtype';
import { checkTensor, type Tensor } from '../schema/tensor';
import { formatHeader, inFileOrder, parseHeader, parsePrefix, prefixBytes, type SafetensorsReadOptions } from './header';

/** Everything a safetensors file holds, in memory. */
export interface SafetensorsContent {
  /** In the order of their bytes in the file. */
  readonly tensors: readonly Tensor[];
  /** The writer's notes; axis names and the schema version are taken out. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Tensors as the bytes of a safetensors file (https://github.com/huggingface/safetensors). The same tensors and metadata
 * give the same bytes, in whatever order they come.
 * @param metadata notes to keep with the tensors, text to text.
 * @throws CfgenError REQUEST_INVALID that names the tensor: bad shape, data of another type or length, a name used twice.
 */
export function encodeSafetensors(tensors: readonly Tensor[], metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  for (const tensor of tensors) checkTensor(tensor);
  const ordered = inFileOrder(tensors);
  const header = formatHeader(ordered, metadata);
  const total = ordered.reduce((sum, { data }) => sum + data.byteLength, header.byteLength);
  const bytes = new Uint8Array(total);
  bytes.set(header);
  let at = header.byteLength;
  for (const { data } of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a whole safetensors file. The tensors have memory of their own: `bytes` may be reused.
 * F16 and BF16 are widened to float32.
 * @throws CfgenError INPUT_DAMAGED (or the code asked for) that names the tensor and what is wrong; INPUT_UNSUPPORTED for an unknown dtype.
 */
export function decodeSafetensors(bytes: Uint8Array, options: SafetensorsReadOptions = {}): SafetensorsContent {
  return decode(bytes, options, elementsFromBytes);
}

/** As {@link decodeSafetensors}, without a copy: the tensors are views of `bytes`, which becomes theirs, wherever the elements lie as they must. */
export function takeSafetensors(bytes: Uint8Array, options: SafetensorsReadOptions = {}): SafetensorsContent {
  return decode(bytes, options, takeElements);
}

function decode(bytes: Uint8Array, options: SafetensorsReadOptions, elements: typeof elementsFromBytes): SafetensorsContent {
  const headerBytes = parsePrefix(bytes, bytes.byteLength, options);
  const data = bytes.subarray(prefixBytes + headerBytes);
  const header = parseHeader(bytes.subarray(prefixBytes, prefixBytes + headerBytes), data.byteLength, options);
  const tensors = header.tensors.map(({ begin, end, ...spec }) => ({
    ...spec,
    data: elements(spec.dtype, data.subarray(begin, end)),
  }));
  return { tensors, metadata: header.metadata };
}
