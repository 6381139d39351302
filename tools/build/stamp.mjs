// A stamp is a small file beside what a step has made. It lists the inputs of the step with their hashes,
// so that the next run can tell in milliseconds whether there is anything to do.
// It lies inside the output folder: a cache that restores the folder restores the stamp that belongs to it.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Every stamp depends on the build's own code and on the versions of the compilers. */
const always = ['tools/build/build.mjs', 'tools/build/bundle-cli.mjs', 'tools/build/stamp.mjs', 'package.json'];

/**
 * Whether a step has nothing to do: all inputs are as they were, no input has come or gone, all outputs exist.
 *
 * @param {string} root folder of the workspace, ending in a separator
 * @param {string} stamp path of the stamp file
 */
export async function isFresh(root, stamp) {
  if (!existsSync(stamp)) return false;
  const { inputs, folders, outputs } = JSON.parse(await readFile(stamp, 'utf8'));
  if (!outputs.every((name) => existsSync(join(dirname(stamp), name)))) return false;
  const listed = Object.keys(inputs);
  for (const folder of folders) {
    for (const file of await filesUnder(root, folder, /[.][ch]$/)) if (!(file in inputs)) return false;
  }
  const hashes = await Promise.all(listed.map((file) => hashOf(root + file)));
  return listed.every((file, i) => hashes[i] === inputs[file]);
}

/**
 * Notes what a step was made from, and what it made.
 *
 * @param {string} root folder of the workspace, ending in a separator
 * @param {string} stamp path of the stamp file, inside the output folder
 * @param {string[]} files inputs, relative to root
 * @param {string[]} folders folders in which a new source file is a new input
 */
export async function writeStamp(root, stamp, files, folders = []) {
  await mkdir(dirname(stamp), { recursive: true });
  const names = [...new Set([...always, ...files])].sort();
  const inputs = Object.fromEntries(await Promise.all(names.map(async (file) => [file, await hashOf(root + file)])));
  const outputs = (await readdir(dirname(stamp))).filter((name) => !name.startsWith('.'));
  await replaceFile(stamp, `${JSON.stringify({ inputs, folders, outputs }, null, 1)}\n`);
}

/** Writes beside the file and renames, so that a process that reads at the same time sees the old or the new one, never half. */
export async function replaceFile(path, contents) {
  await mkdir(dirname(path), { recursive: true });
  const draft = join(dirname(path), `.${process.pid}.draft`);
  await writeFile(draft, contents);
  await rename(draft, path);
}

/** Files below a folder of the workspace whose name matches, relative to root; none where the folder does not exist. */
export async function filesUnder(root, folder, pattern) {
  if (!existsSync(root + folder)) return [];
  const names = await readdir(root + folder, { recursive: true });
  return names.filter((name) => pattern.test(name)).map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

/** SHA-256 of a file's bytes; `absent` where there is none. */
async function hashOf(path) {
  if (!existsSync(path)) return 'absent';
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
