import { Worker } from 'node:worker_threads';
import { CfgenError } from '@cfgen/contracts';
import { Arena } from '../compiled/arena';
import type { KernelHost } from '../compiled/compiled-engine';
import type { KernelExports } from '../compiled/kernel-exports';
import type { KernelModule } from './kernel-module';

const stackBytes = 256 * 1024;
const pageBytes = 65536;

/**
 * The whole program of a worker thread: instantiate the same kernels on the same memory and serve the pool until it is stopped.
 * It is a string, so that it runs the same from sources and from a bundle.
 */
const workerProgram = `
const { workerData: { module, memory, thread, stackTop } } = require('node:worker_threads');
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
exports.__stack_pointer.value = stackTop;
exports.worker_main(thread);
`;

/** What this build exports besides the kernels. */
interface ModuleExports extends KernelExports {
  readonly __stack_pointer: WebAssembly.Global;
  readonly __heap_base: WebAssembly.Global;
  pool_start(threads: number, scratch: number): void;
  pool_stop(): void;
}

/** The calling thread computes too: `threads - 1` workers are started. They sleep when idle and don't keep the process alive. */
export function startThreadPool({ module }: KernelModule, threads: number): KernelHost {
  const memory = sharedMemory();
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ModuleExports;
  const arena = new Arena(memory, Number(exports.__heap_base.value), { engine: 'WebAssembly', gibibytes: 4 });
  exports.pool_start(threads, arena.allocate(threads * exports.pool_scratch_bytes()));

  const workers = Array.from({ length: threads - 1 }, (_, i) => {
    const stackTop = arena.allocate(stackBytes) + stackBytes;
    const worker = new Worker(workerProgram, {
      eval: true,
      name: `cfgen kernels ${i + 1}`,
      // Flags of the process (loaders, inspectors) are none of a kernel thread's business.
      execArgv: [],
      env: {},
      workerData: { module, memory, thread: i + 1, stackTop },
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
    });
    worker.unref();
    return worker;
  });

  return {
    exports,
    arena,
    threads,
    async close() {
      exports.pool_stop();
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Address space is reserved for the largest size at once; where that is refused, smaller sizes are tried. */
function sharedMemory(): WebAssembly.Memory {
  let refusal: unknown;
  for (const gibibytes of [4, 2, 1]) {
    try {
      return new WebAssembly.Memory({ initial: 16, maximum: (gibibytes * 2 ** 30) / pageBytes, shared: true });
    } catch (error) {
      refusal = error;
    }
  }
  throw new CfgenError('ENGINE_UNAVAILABLE', 'no shared WebAssembly memory could be reserved', {
    hint: 'Raise the limit on virtual memory (ulimit -v), or use the reference engine.',
    cause: refusal,
  });
}
