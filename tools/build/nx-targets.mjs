import { dirname } from 'node:path';

/**
 * Nx plugin: gives every library and app its targets, so that no project has to spell them out.
 *
 * `test`, `lint` and `typecheck` exist everywhere. `build` exists where something has to be made before code can run:
 * the kernels of compute (WebAssembly), the bundle of the command line, and that of the services (at the gateway, for all of them). Settings that all projects share
 * (caching, order, inputs) are `targetDefaults` in nx.json.
 */
export const name = 'cfgen-targets';

export const createNodesV2 = [
  '{libs,apps}/*/package.json',
  (files) => files.map((file) => [file, { projects: { [dirname(file)]: { targets: targetsOf(dirname(file)) } } }]),
];

function targetsOf(root) {
  const run = (command, more = {}) => ({ executor: 'nx:run-commands', options: { command, cwd: '{workspaceRoot}' }, ...more });
  return {
    test: run(`vitest run ${root}/ --passWithNoTests`),
    lint: run(`eslint ${root} --max-warnings 0 --no-error-on-unmatched-pattern`),
    typecheck: run(`tsc -b ${root}`, { outputs: [`{workspaceRoot}/dist/types/${root}`] }),
    ...(root === 'libs/compute' && {
      build: run('node tools/build/build.mjs kernels native', { outputs: ['{workspaceRoot}/dist/kernels', '{workspaceRoot}/dist/native'] }),
    }),
    ...(root === 'apps/gateway' && { build: run('node tools/build/build.mjs services', { outputs: ['{workspaceRoot}/dist/services'] }) }),
    ...(root === 'apps/cli' && { build: run('node tools/build/build.mjs cli', { outputs: ['{workspaceRoot}/dist/cli'] }) }),
  };
}
