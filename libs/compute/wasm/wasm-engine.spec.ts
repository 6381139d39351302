import { engineConformance } from '../conformance/engine-conformance';
import { compileKernels } from './kernel-module';
import { createWasmEngine } from './wasm-engine';

engineConformance('wasm engine', createWasmEngine);

const plain = compileKernels(['plain']);
engineConformance('wasm engine without fused multiply-add', async (options) => createWasmEngine({ ...options, module: plain }));
