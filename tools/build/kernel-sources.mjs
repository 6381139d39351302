import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const kernelFolder = fileURLToPath(new URL('../../libs/compute/kernels', import.meta.url));

/**
 * The kernels in C, by name and in order.
 *
 * @returns {Promise<Record<string, string>>} their texts
 */
export async function kernelSources() {
  const names = (await readdir(kernelFolder)).filter((name) => /\.[ch]$/.test(name)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(path.join(kernelFolder, name), 'utf8')])));
}

/**
 * All kernels as one translation unit: one run of the compiler, and small functions inlined across files.
 *
 * @param {Record<string, string>} sources
 */
export function translationUnit(sources) {
  return Object.keys(sources)
    .filter((name) => name.endsWith('.c'))
    .map((name) => `#include "${name}"\n`)
    .join('');
}
