// A stamp is a small file beside what a step has made. It lists the inputs of the step with their hashes,
// so that the next run can tell in milliseconds whether there is anything to do.
// It lies inside the output folder: a cache that restores the folder restores the stamp that belongs to it.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Every bundle depends on the build's own code and on the versions of its tools. */
const always = ['tools/build/build.mjs', 'tools/build/bundle.mjs', 'tools/build/stamp.mjs', 'package.json'];

/**
 * Whether a step has nothing to do: its inputs are as they were and its outputs exist.
 *
 * @param {string} root folder of the workspace, ending in a separator
 * @param {string} stamp path of the stamp file
 */
export async function isFresh(root, stamp) {
  if (!existsSync(stamp)) return false;
  const { inputs, outputs } = JSON.parse(await readFile(stamp, 'utf8'));
  if (!outputs.every((name) => existsSync(join(dirname(stamp), name)))) return false;
  const same = await Promise.all(Object.entries(inputs).map(async ([file, hash]) => (await hashOf(root + file)) === hash));
  return same.every(Boolean);
}

/**
 * Notes what a step was made from, and what it made.
 *
 * @param {string} root folder of the workspace, ending in a separator
 * @param {string} stamp path of the stamp file, inside the output folder
 * @param {string[]} files inputs, relative to root
 */
export async function writeStamp(root, stamp, files) {
  const names = [...new Set([...always, ...files])].sort();
  const inputs = Object.fromEntries(await Promise.all(names.map(async (file) => [file, await hashOf(root + file)])));
  const outputs = (await readdir(dirname(stamp))).filter((name) => !name.startsWith('.'));
  await replaceFile(stamp, `${JSON.stringify({ inputs, outputs }, null, 1)}\n`);
}

/** Writes beside the file and renames, so that a process that reads at the same time sees the old or the new one, never half. */
export async function replaceFile(path, contents) {
  await mkdir(dirname(path), { recursive: true });
  const draft = join(dirname(path), `.${process.pid}.draft`);
  await writeFile(draft, contents);
  await rename(draft, path);
}

/** SHA-256 of a file's bytes; `absent` where there is none. */
async function hashOf(path) {
  if (!existsSync(path)) return 'absent';
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
