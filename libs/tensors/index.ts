export type { CountSource, SparseRows } from './sparse-rows';
export { dtypes, isDType, bytesPerElement, type DType, type TensorData } from './schema/dtype';
export { byteCount, checkTensor, elementCount, type Tensor, type TensorSpec } from './schema/tensor';
export { tensorSchemaVersion, type SafetensorsReadOptions } from './safetensors/header';
export { decodeSafetensors, encodeSafetensors, takeSafetensors, type SafetensorsContent } from './safetensors/codec';
export { SafetensorsFile, writeSafetensors, type SafetensorsWriteOptions, type StreamedTensor } from './safetensors/file';
export { readNpy, type NpyArray } from './npy/read-npy';
export { checkOutputPath, outputError, partialPath, publishPartialFile, removePartialFile } from './files/partial-file';
export { writeWhole } from './files/write-whole';
