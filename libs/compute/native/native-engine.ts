import { CfgenError } from '@cfgen/contracts';
import { Arena, type GrowingMemory } from '../compiled/arena';
import { compiledEngine, type KernelHost } from '../compiled/compiled-engine';
import { threadsFor } from '../compiled/thread-count';
import type { Engine, EngineOptions } from '../port/engine';
import { withoutMixed } from '../port/precision';
import { loadNativeAddon, type NativeAddon, type NativeBuild, type NativeSpace } from './native-module';

export interface NativeEngineOptions extends EngineOptions {
  /** Width of vectors. Default: the widest that this processor has. */
  readonly build?: NativeBuild;
  /** Refuse where WebAssembly is faster: on x86 without AVX2 it fuses what the add-on cannot. */
  readonly wideOnly?: boolean;
}

const pageBytes = 65536;
/** The largest array of floats that Node 20 can look at. Address space alone: nothing is held that is not used. */
const gibibytes = [16, 8, 4, 2];
/** No tensor lies at address 0, which stands for "not given". */
const firstAddress = 64;

/**
 * The fastest engine on a processor: the C kernels as a Node-API add-on, with vectors as wide as the processor has them, and threads of the
 * system. Float32; results do not depend on the number of threads, but they do on the width of vectors, in the last bits.
 * Memory is bounded by 16 GiB.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE when the add-on was not built (no C compiler was there) or can't run here
 */
export async function createNativeEngine(options: NativeEngineOptions = {}): Promise<Engine> {
  const addon = loadNativeAddon(options.build);
  if (options.wideOnly === true && process.arch === 'x64' && addon.lanes < 8) {
    throw new CfgenError('ENGINE_UNAVAILABLE', 'the native engine would be slower than wasm on this processor, which has no AVX2');
  }
  const host = startNativeHost(addon, threadsFor(options));
  const kernels = `compiled C, ${addon.lanes} floats at a time`;
  if (options.precision !== 'mixed') return compiledEngine('native', `native: ${kernels}`, host);
  const products = mixedProducts[host.exports.mix_precision(2)];
  if (products !== undefined) return compiledEngine('native-mixed', `native-mixed: ${kernels}, products of bfloat16 ${products}`, host);
  await host.close();
  throw withoutMixed('this processor, or the build for it, has no products of bfloat16 numbers (AVX512-BF16)');
}

/** How products that may round their factors are computed: see kernels/gemm-mixed.h. */
const mixedProducts: readonly (string | undefined)[] = [undefined, 'by vectors', 'by tiles'];

/** The calling thread computes too: `threads - 1` are started. They sleep when idle and don't keep the process alive. */
export function startNativeHost(addon: NativeAddon, threads: number): KernelHost {
  const { space, most } = openSpace(addon);
  const memory = new NativeMemory(space);
  const arena = new Arena(memory, firstAddress, { engine: 'native', gibibytes: most });
  const { kernels: exports } = space;
  space.start(threads, arena.allocate(threads * exports.pool_scratch_bytes()));
  return { exports, arena, threads, close: async () => space.close() };
}

/** Address space is reserved for the largest size at once; where that is refused, smaller sizes are tried. */
function openSpace(addon: NativeAddon): { space: NativeSpace; most: number } {
  for (const most of gibibytes) {
    const space = addon.open(most * 2 ** 30);
    if (space !== undefined) return { space, most };
  }
  throw new CfgenError('ENGINE_UNAVAILABLE', 'no address space could be reserved for the native engine', {
    hint: 'Raise the limit on virtual memory (ulimit -v), or use the reference engine.',
  });
}

class NativeMemory implements GrowingMemory {
  #buffer: ArrayBuffer;

  constructor(private readonly space: NativeSpace) {
    this.#buffer = this.#upTo(pageBytes);
  }

  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  grow(pages: number): void {
    this.#buffer = this.#upTo(this.#buffer.byteLength + pages * pageBytes);
  }

  #upTo(bytes: number): ArrayBuffer {
    const buffer = this.space.grow(bytes);
    if (buffer === undefined) throw new RangeError(`no room for ${bytes} bytes`);
    return buffer;
  }
}
