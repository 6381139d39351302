import os from 'node:os';
import { CfgenError } from '@cfgen/contracts';
import type { EngineName, Precision } from '@cfgen/compute';
import type { Command } from 'commander';
import { eitherOf } from '../options/choices';
import { defaultMemory, memoryCeiling } from '../options/memory';
import { wholeNumber } from '../options/numbers';

/** How a command talks. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/** How a command that computes runs. */
export interface ComputeOptions {
  readonly engine: string;
  readonly precision?: string;
  readonly threads?: string;
  readonly memory?: string;
}

const engineNames = ['auto', 'tensorflow', 'native', 'wasm', 'reference'] as const satisfies readonly (EngineName | 'auto')[];
const mostThreads = 1024;

/** Adds `--json`, `--quiet` and `--debug`. */
export function addOutputOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object on stdout, nothing else')
    .option('--quiet', 'no progress')
    .option('--debug', 'show where an error came from');
}

/** Adds `--engine`, `--precision`, `--threads` and `--memory`. */
export function addComputeOptions(command: Command): Command {
  return command
    .option('--engine <name>', `what to compute with: ${engineNames.join(', ')}`, 'auto')
    .option(
      '--precision <kind>',
      'full, or mixed: factors of large products as bfloat16, where the processor has such products (default: full)',
    )
    .option('--threads <n>', 'threads to compute with (default: all processors)')
    .option('--memory <amount>', 'ceiling for counts held in memory, such as 4GiB (default: half of the memory, at most 8GiB)');
}

/** Collects an option that may be given several times. */
export function collected(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

export function engineName(text: string): EngineName | 'auto' {
  const known = engineNames.find((name) => name === text);
  if (known !== undefined) return known;
  throw new CfgenError('REQUEST_INVALID', `there is no engine "${text}"`, {
    hint: `Choose one of: ${engineNames.join(', ')}.`,
    details: { option: '--engine', value: text },
  });
}

export function precisionOf(text: string | undefined): Precision {
  return text === undefined ? 'full' : eitherOf('--precision', text, ['full', 'mixed']);
}

export function threadCount(text: string | undefined): number {
  return text === undefined ? os.availableParallelism() : wholeNumber('--threads', text, { min: 1, max: mostThreads });
}

export function memoryBytes(text: string | undefined): number {
  if (text !== undefined) return memoryCeiling(text);
  return defaultMemory({ total: os.totalmem(), allowed: process.constrainedMemory() });
}

export function seedOf(text: string): number {
  return wholeNumber('--seed', text, { min: 0 });
}
