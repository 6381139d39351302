import { createWasmEngine } from './wasm-engine';
import { engineConformance } from '../conformance/engine-conformance';

engineConformance('wasm engine', createWasmEngine);
