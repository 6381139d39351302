import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The nearest `dist/<name>` (sources) or `<name>` (bundle in dist/cli) above a module that holds these files.
 *
 * @param module its `import.meta.url`
 */
export function folderAbove(module: string, name: string, files: readonly string[]): string | undefined {
  let folder = path.dirname(fileURLToPath(module));
  for (;;) {
    for (const candidate of [path.join(folder, 'dist', name), path.join(folder, name)]) {
      if (files.every((file) => existsSync(path.join(candidate, file)))) return candidate;
    }
    const parent = path.dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}
