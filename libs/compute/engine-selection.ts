import { CfgenError } from '@cfgen/contracts';
import { createNativeEngine } from './native/native-engine';
import type { Engine, EngineName, EngineOptions } from './port/engine';
import { createReferenceEngine } from './reference/reference-engine';
import { gpuPackagesInstalled } from './tensorflow/packages';
import { createTensorflowEngine } from './tensorflow/tensorflow-engine';
import { createWasmEngine } from './wasm/wasm-engine';

/** An engine and why it was taken. */
export interface EngineChoice {
  readonly engine: Engine;
  /** One sentence for people: what was asked for, what was tried, what was taken. */
  readonly reason: string;
}

type Maker = (options: EngineOptions) => Promise<Engine>;

/** The engines of this program, the fastest first. */
const makers: readonly (readonly [EngineName, Maker])[] = [
  ['tensorflow', createTensorflowEngine],
  ['native', createNativeEngine],
  ['wasm', createWasmEngine],
  ['reference', async (options) => createReferenceEngine(options)],
];

/** How `auto` starts those that are not the fastest everywhere: TensorFlow on processors is slower than our own kernels. */
const automaticMakers: Partial<Record<EngineName, Maker>> = {
  tensorflow: (options) => createTensorflowEngine({ ...options, gpuOnly: true }),
  native: (options) => createNativeEngine({ ...options, wideOnly: true }),
};

/**
 * Starts the named engine, or with `auto` the fastest that can start here.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE when the named engine can't start, or is not part of this program
 *
 * @example
 * const { engine, reason } = await createEngine('auto', { threads: 2 });
 */
export async function createEngine(name: EngineName | 'auto' = 'auto', options: EngineOptions = {}): Promise<EngineChoice> {
  if (name !== 'auto') {
    const maker = makers.find(([known]) => known === name)?.[1];
    if (maker === undefined) {
      throw new CfgenError('ENGINE_UNAVAILABLE', `engine '${name}' is not part of this program`, {
        hint: `Use one of: auto, ${makers.map(([known]) => known).join(', ')}.`,
        details: { engine: name },
      });
    }
    const engine = await maker(options);
    return { engine, reason: `${engine.describe()}; asked for by name` };
  }
  const refusals: string[] = [];
  for (const [candidate, maker] of makers) {
    // Nobody who has not asked for a GPU is told that its packages are missing.
    if (candidate === 'tensorflow' && !gpuPackagesInstalled()) continue;
    try {
      const engine = await (automaticMakers[candidate] ?? maker)(options);
      const after = refusals.length === 0 ? 'the fastest available' : `as ${refusals.join('; ')}`;
      return { engine, reason: `${engine.describe()}; ${after}` };
    } catch (error) {
      if (!(error instanceof CfgenError) || error.code !== 'ENGINE_UNAVAILABLE') throw error;
      refusals.push(`${candidate} is not available: ${error.message}`);
    }
  }
  throw new CfgenError('ENGINE_UNAVAILABLE', `no engine can start: ${refusals.join('; ')}`);
}
