import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * @typedef {{ processor: string, vectors: string, cores: number, memory: number, system: string }} Machine
 *
 * @returns {Machine}
 */
export function machine() {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    vectors: vectors(),
    cores: availableParallelism(),
    memory: totalmem(),
    system: `${platform()} ${release()}`,
  };
}

/** Today, and the commit that is measured, in words. */
export function dateAndCommit() {
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).trim();
  return `${new Date().toISOString().slice(0, 10)} at commit ${commit}`;
}

/** The widest vectors of the processor, and what matters beside for products of matrices. */
function vectors() {
  if (!existsSync('/proc/cpuinfo')) return process.arch === 'arm64' ? '128-bit vectors (NEON)' : 'unknown vectors';
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(/\s+/) ?? []);
  const widths = { avx512f: '512-bit vectors (AVX-512)', avx2: '256-bit vectors (AVX2)', asimd: '128-bit vectors (NEON)' };
  const [, width] = Object.entries(widths).find(([flag]) => flags.has(flag)) ?? ['', '128-bit vectors'];
  return [width, ...(flags.has('avx512_bf16') ? ['bfloat16 products'] : []), ...(flags.has('amx_tile') ? ['matrix tiles (AMX)'] : [])].join(
    ', ',
  );
}
