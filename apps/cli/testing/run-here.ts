import { runCfgen } from '../commands/program';
import type { Surroundings } from '../terminal/surroundings';
import type { Ended } from './run-cfgen';

/** Runs a command line in this process: quicker than a new one, where neither threads nor signals matter. */
export async function runHere(words: readonly string[], assets = '', more: Partial<Surroundings> = {}): Promise<Ended> {
  const printed = { stdout: '', stderr: '' };
  const status = await runCfgen({
    argv: words,
    stdout: { write: (text: string) => (printed.stdout += text) },
    stderr: { write: (text: string) => (printed.stderr += text) },
    stops: { listen: () => () => undefined },
    clock: () => performance.now() / 1000,
    version: '0.0.0-test',
    environment: {},
    assets,
    ...more,
  });
  return { status, ...printed };
}
