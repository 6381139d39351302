import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import type { KernelExports } from '../compiled/kernel-exports';
import { folderAbove } from '../compiled/folder-above';

/** Narrower builds run wherever wider ones do: vectors of 4, 8 and 16 floats, and products of bfloat16 numbers besides. */
export const nativeBuilds = ['baseline', 'avx2', 'avx512', 'avx512bf16'] as const;
export type NativeBuild = (typeof nativeBuilds)[number];

/** What the add-on (native/addon.c) gives. */
export interface NativeAddon {
  /** The widest build that this processor can run. */
  readonly widestBuild: NativeBuild;
  /** Floats that this build computes at a time. */
  readonly lanes: number;
  /** Address space of so many bytes, with kernels that work in it; undefined where there is not so much. */
  open(bytes: number): NativeSpace | undefined;
}

export interface NativeSpace {
  readonly kernels: KernelExports;
  /** Lets the memory be at least so large: a view of all of it, or undefined where there is no more. */
  grow(bytes: number): ArrayBuffer | undefined;
  start(threads: number, scratch: number): void;
  close(): void;
}

/** What building the add-on came to: see tools/build/native.mjs. */
interface BuildRecord {
  readonly builds: readonly NativeBuild[];
  readonly compiler?: string;
  readonly problem?: string;
}

const recordFile = 'build.json';
const hint = 'Install a C compiler and run `npm run build`; the wasm engine does the same work without one.';

/**
 * Loads the add-on: the build asked for, or the widest that this processor can run.
 *
 * @throws CfgenError ENGINE_UNAVAILABLE with the reason, when it was not built or can't be loaded
 */
export function loadNativeAddon(wanted?: NativeBuild): NativeAddon {
  const folder = folderAbove(import.meta.url, 'native', [recordFile]);
  if (folder === undefined) throw unavailable('it was not built');
  const record = JSON.parse(readFileSync(path.join(folder, recordFile), 'utf8')) as BuildRecord;
  if (record.problem !== undefined) throw unavailable(record.problem);
  const { widestBuild } = load(folder, 'baseline');
  const most = nativeBuilds.indexOf(widestBuild);
  if (wanted !== undefined && nativeBuilds.indexOf(wanted) > most) throw unavailable(`this processor can't run its ${wanted} build`);
  const build = wanted ?? nativeBuilds.filter((name, i) => i <= most && record.builds.includes(name)).at(-1) ?? 'baseline';
  return load(folder, build);
}

function load(folder: string, build: NativeBuild): NativeAddon {
  const file = path.join(folder, `cfgen-${build}.node`);
  if (!existsSync(file)) throw unavailable(`its ${build} build is missing`);
  try {
    return createRequire(import.meta.url)(file) as NativeAddon;
  } catch (error) {
    throw unavailable(`its ${build} build can't be loaded: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function unavailable(problem: string, cause?: unknown): CfgenError {
  return new CfgenError('ENGINE_UNAVAILABLE', `there is no native engine: ${problem}`, { hint, details: { problem }, cause });
}
