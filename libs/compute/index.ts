export type { Engine, EngineName, EngineOptions, Precision, RealArray } from './port/engine';
export type { InputTransform, Kernels } from './port/kernels';
export type { CountsBatch, Dtype, ParameterSet, ParameterSpec, RandomKey, Tensor } from './port/tensor';
export { createReferenceEngine } from './reference/reference-engine';
export { createEngine, type EngineChoice } from './engine-selection';
export { createWasmEngine, type WasmEngineOptions } from './wasm/wasm-engine';
export { createNativeEngine, type NativeEngineOptions } from './native/native-engine';
export { createTensorflowEngine, type TensorflowEngineOptions } from './tensorflow/tensorflow-engine';
