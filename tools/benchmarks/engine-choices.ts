// The engines that a benchmark can name, and which of them can start here.
import { createEngine, type Engine, type EngineOptions } from '@cfgen/compute';
import { CfgenError } from '@cfgen/contracts';

/** Engines whose kernels have taken effect when they return, so that steps can be timed. `mixed` is the native engine with bfloat16 products. */
export const engineChoices = ['wasm', 'native', 'mixed'] as const;
export type EngineChoiceName = (typeof engineChoices)[number];

/**
 * Starts an engine for a benchmark.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE when it can't start here; REQUEST_INVALID for a name that is none
 */
export async function startEngine(name: string, threads?: number): Promise<Engine> {
  const choice = engineChoices.find((known) => known === name);
  if (choice === undefined) {
    throw new CfgenError('REQUEST_INVALID', `there is no engine '${name}'`, { hint: `Use one of: ${engineChoices.join(', ')}.` });
  }
  const options: EngineOptions = { ...(threads === undefined ? {} : { threads }), ...(choice === 'mixed' && { precision: 'mixed' }) };
  const { engine } = await createEngine(choice === 'mixed' ? 'native' : choice, options);
  return engine;
}

/** Which of the engines can start here: what each says of itself, or why it can't. */
export async function availableEngines(
  names: readonly string[],
  threads?: number,
): Promise<Readonly<Record<string, { readonly engine: string } | { readonly missing: string }>>> {
  const found: Record<string, { engine: string } | { missing: string }> = {};
  for (const name of names) {
    try {
      const engine = await startEngine(name, threads);
      found[name] = { engine: engine.describe() };
      await engine.close();
    } catch (error) {
      if (!(error instanceof CfgenError) || error.code !== 'ENGINE_UNAVAILABLE') throw error;
      found[name] = { missing: error.message };
    }
  }
  return found;
}
