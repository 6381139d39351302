// What makes `npm ci` work on any machine and stay quiet.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Problems of the lockfile and of the list of allowed install scripts, one sentence each; none when all is well.
 *
 * - package-lock.json names no registry: the user's own npm settings decide where packages come from.
 * - What a library needs lies in the one node_modules of the root, where the bundles in dist look for it.
 * - `allowScripts` in package.json decides about every package that has an install script: npm warns about undecided ones.
 *
 * @param {string} root folder that holds package.json and package-lock.json
 * @returns {string[]}
 */
export function installProblems(root) {
  const read = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));
  const { allowScripts = {} } = read('package.json');
  const installed = Object.entries(read('package-lock.json').packages);

  const fromRegistry = installed
    .filter(([, { resolved }]) => /^[a-z+]+:/.test(resolved ?? ''))
    .map(
      ([path, { resolved }]) =>
        `package-lock.json: ${path} is tied to ${resolved}; run npm install with omit-lockfile-registry-resolved=true`,
    );
  const undecided = installed
    .filter(([path, { hasInstallScript }]) => hasInstallScript === true && !(packageName(path) in allowScripts))
    .map(([path]) => `package.json: allowScripts says nothing about ${packageName(path)}, which has an install script`);
  const besideBundles = installed
    .filter(([path]) => /^(libs|apps)\/[^/]+\/node_modules\//.test(path))
    .map(([path]) => `package-lock.json: ${path} is out of reach of the bundles; name its version in the root package.json too`);
  return [...fromRegistry, ...undecided, ...besideBundles];
}

/** `node_modules/a/node_modules/@b/c` -> `@b/c`. */
function packageName(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
