import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { replaceFile } from './stamp.mjs';

/**
 * Bundles the command line into dist/cli: our libraries from source, packages from npm left outside, the bundled sample beside it.
 * main.mjs is the entry. What a command loads only when it runs lies in chunks of its own, so that `cfgen --help` loads no HDF5.
 *
 * @param {string} root folder of the workspace, ending in a separator
 * @returns {Promise<string[]>} the files that it depends on, relative to root
 */
export async function bundleCli(root) {
  const manifests = manifestsOf(root);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['apps/cli/main.ts'],
    outdir: 'dist/cli',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: true,
    sourcesContent: false,
    external: packagesFromNpm(root, manifests).flatMap((name) => [name, `${name}/*`]),
    write: false,
    metafile: true,
    logLevel: 'warning',
  });
  const assets = readdirSync(`${root}${assetFolder}`).map((name) => `${assetFolder}${name}`);
  for (const path of assets) await replaceFile(`${root}dist/cli/assets/${basename(path)}`, readFileSync(root + path));
  // The entry last and a map before what names it: whoever starts while this runs finds all of the old bundle or all of the new one.
  const isEntry = ({ path }) => basename(path) === 'main.mjs';
  const isMap = ({ path }) => path.endsWith('.map');
  const order = (file) => (isMap(file) ? 0 : isEntry(file) ? 2 : 1);
  for (const file of outputFiles.toSorted((a, b) => order(a) - order(b))) {
    await replaceFile(`${root}dist/cli/${basename(file.path)}`, file.contents);
  }
  await removeOldChunks(root, new Set(outputFiles.map(({ path }) => basename(path))));
  return [...manifests, ...assets, ...Object.keys(metafile.inputs)];
}

const assetFolder = 'apps/cli/assets/';

/** Chunks of earlier builds have other names and would stay for ever. Recent ones stay: a program that started before may load them yet. */
async function removeOldChunks(root, current) {
  const folder = `${root}dist/cli/`;
  const anHour = 3_600_000;
  for (const name of readdirSync(folder)) {
    if (!/[.]mjs([.]map)?$/.test(name) || current.has(name)) continue;
    const { mtimeMs } = await stat(folder + name);
    if (Date.now() - mtimeMs > anHour) await rm(folder + name, { force: true });
  }
}

/** Paths, relative to root, of every library's and app's package.json. */
function manifestsOf(root) {
  return ['apps', 'libs']
    .flatMap((folder) => readdirSync(root + folder).map((name) => `${folder}/${name}/package.json`))
    .filter((path) => existsSync(root + path));
}

/** Names of the packages that the given manifests take from npm. */
function packagesFromNpm(root, manifests) {
  const names = manifests.flatMap((path) => Object.keys(JSON.parse(readFileSync(root + path, 'utf8')).dependencies ?? {}));
  return [...new Set(names)].filter((name) => !name.startsWith('@cfgen/'));
}
