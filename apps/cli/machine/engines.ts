import { createEngine, type Engine, type EngineName } from '@cfgen/compute';
import { CfgenError } from '@cfgen/contracts';

/** Whether an engine can start here. */
export interface EngineState {
  readonly name: EngineName;
  readonly available: boolean;
  /** What it is, or why it cannot start. */
  readonly detail: string;
  readonly hint?: string;
}

/** Starts the named engine and stops it again. */
export async function engineState(name: EngineName, threads: number): Promise<EngineState> {
  try {
    const { engine } = await createEngine(name, { threads });
    const detail = engine.describe();
    await engine.close();
    return { name, available: true, detail };
  } catch (thrown) {
    if (!(thrown instanceof CfgenError) || thrown.code !== 'ENGINE_UNAVAILABLE') throw thrown;
    return { name, available: false, detail: thrown.message, ...(thrown.hint === undefined ? {} : { hint: thrown.hint }) };
  }
}

/** What `auto` takes here and why; null when no engine can start. */
export async function automaticChoice(threads: number): Promise<{ readonly name: Engine['name']; readonly reason: string } | null> {
  try {
    const { engine, reason } = await createEngine('auto', { threads });
    const choice = { name: engine.name, reason };
    await engine.close();
    return choice;
  } catch (thrown) {
    if (thrown instanceof CfgenError && thrown.code === 'ENGINE_UNAVAILABLE') return null;
    throw thrown;
  }
}
