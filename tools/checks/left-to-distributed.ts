import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Specs that need real servers, by their path from the root. */
export function distributedSpecs(): readonly string[] {
  return specsNamed('.distributed.spec.ts');
}

function specsNamed(ending: string): readonly string[] {
  const files = ['libs', 'apps', 'tools'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }));
  return files
    .filter((file) => file.isFile() && file.name.endsWith(ending) && !file.parentPath.includes('node_modules'))
    .map((file) => relative(root, join(file.parentPath, file.name)).split(sep).join('/'))
    .toSorted();
}

/** A global setup of Vitest: says at the end of a run of the whole suite what that suite leaves out, so that nobody takes it for everything. */
export default function setup(project: TestProject): () => Promise<void> {
  return async () => {
    const all = (await project.globTestFiles()).testFiles.length;
    if ([...project.vitest.state.getTestModules()].length < all) return;
    const specs = distributedSpecs();
    // Not on stdout, where reports for machines go.
    process.stderr.write(`Left to npm run test:distributed: ${specs.length} spec files on real servers (${specs.join(', ')})\n`);
    const onDevices = specsNamed('.tensorflow.spec.ts');
    process.stderr.write(
      `Left to npm run test:tensorflow: ${onDevices.length} spec files on TensorFlow and WebGPU (${onDevices.join(', ')})\n`,
    );
  };
}
