import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { replaceFile } from './stamp.mjs';

/**
 * Bundles the command line into dist/cli/main.mjs: our libraries from source, packages from npm left outside.
 *
 * @param {string} root folder of the workspace, ending in a separator
 * @returns {Promise<string[]>} the files that it depends on, relative to root
 */
export async function bundleCli(root) {
  const manifests = manifestsOf(root);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['apps/cli/main.ts'],
    outfile: 'dist/cli/main.mjs',
    bundle: true,
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
  // The map first: a bundle that names its map never exists without it.
  for (const file of outputFiles.toSorted((a, b) => b.path.length - a.path.length)) {
    await replaceFile(`${root}dist/cli/${basename(file.path)}`, file.contents);
  }
  return [...manifests, ...Object.keys(metafile.inputs)];
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
