import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { build } from 'esbuild';
import { replaceFile } from './stamp.mjs';

/** The program in which a service, and `cfgen serve`, has its jobs computed. */
const computeChild = 'libs/service-host/compute/child-entry.ts';

/**
 * Bundles the command line into dist/cli: main.mjs is the entry, the bundled sample lies beside it.
 * What a command loads only when it runs lies in chunks of its own, so that `cfgen --help` loads no HDF5.
 *
 * @param {string} root folder of the workspace, ending in a separator
 * @returns {Promise<string[]>} the files that it depends on, relative to root
 */
export async function bundleCli(root) {
  const inputs = await bundle(root, 'dist/cli', { main: 'apps/cli/main.ts', 'compute-child': computeChild });
  const assets = readdirSync(`${root}${assetFolder}`).map((name) => `${assetFolder}${name}`);
  for (const path of assets) await replaceFile(`${root}dist/cli/assets/${basename(path)}`, readFileSync(root + path));
  return [...inputs, ...assets];
}

/** Bundles the services into dist/services/<app>/main.mjs, and what they and an operator run beside them. */
export function bundleServices(root) {
  const apps = readdirSync(`${root}apps`).filter((name) => name !== 'cli' && existsSync(`${root}apps/${name}/main.ts`));
  return bundle(root, 'dist/services', {
    ...Object.fromEntries(apps.map((name) => [`${name}/main`, `apps/${name}/main.ts`])),
    'compute-child': computeChild,
    topics: 'tools/topics/main.ts',
  });
}

const assetFolder = 'apps/cli/assets/';

/**
 * Our libraries from source, packages from npm left outside.
 *
 * @param {string} root
 * @param {string} folder below dist, relative to root
 * @param {Record<string, string>} entryPoints source of each program
 */
export async function bundle(root, folder, entryPoints) {
  const manifests = manifestsOf(root);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: folder,
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
  // The entries last and a map before what names it: whoever starts while this runs finds all of the old bundle or all of the new one.
  const entries = new Set(Object.keys(entryPoints).map((name) => join(root, folder, `${name}.mjs`)));
  const order = ({ path }) => (path.endsWith('.map') ? 0 : entries.has(path) ? 2 : 1);
  for (const file of outputFiles.toSorted((a, b) => order(a) - order(b))) await replaceFile(file.path, file.contents);
  await removeOldChunks(join(root, folder), new Set(outputFiles.map(({ path }) => relative(join(root, folder), path))));
  return [...manifests, ...Object.keys(metafile.inputs)];
}

/** Chunks of earlier builds have other names and would stay for ever. Recent ones stay: a program that started before may load them yet. */
async function removeOldChunks(folder, current) {
  const anHour = 3_600_000;
  for (const entry of await readdir(folder, { recursive: true })) {
    if (!/[.]mjs([.]map)?$/.test(entry) || current.has(entry)) continue;
    const { mtimeMs } = await stat(join(folder, entry));
    if (Date.now() - mtimeMs > anHour) await rm(join(folder, entry), { force: true });
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
