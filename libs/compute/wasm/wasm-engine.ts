import { compiledEngine } from '../compiled/compiled-engine';
import { threadsFor } from '../compiled/thread-count';
import type { Engine, EngineOptions } from '../port/engine';
import { withoutMixed } from '../port/precision';
import { loadKernelModule, type KernelModule } from './kernel-module';
import { startThreadPool } from './thread-pool';

export interface WasmEngineOptions extends EngineOptions {
  /** Compiled kernels to use instead of the ones beside the program. */
  readonly module?: KernelModule;
}

/**
 * The engine that runs everywhere: C kernels compiled to WebAssembly SIMD, one shared memory, worker threads. Float32; results do not depend
 * on the number of threads. Memory is bounded by 4 GiB.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE when the compiled kernels are missing or can't run here
 */
export async function createWasmEngine(options: WasmEngineOptions = {}): Promise<Engine> {
  if (options.precision === 'mixed') throw withoutMixed('WebAssembly has no products of bfloat16 numbers');
  const kernels = options.module ?? loadKernelModule();
  const description = `wasm: WebAssembly SIMD, 4 floats at a time${kernels.fused ? ' with fused multiply-add' : ''}`;
  return compiledEngine('wasm', description, startThreadPool(kernels, threadsFor(options)));
}
