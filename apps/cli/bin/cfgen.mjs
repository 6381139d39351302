#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../../../dist/cli/main.mjs', import.meta.url);
if (!existsSync(fileURLToPath(built))) {
  process.stderr.write('error NOT_BUILT: cfgen has not been built yet\nhint: run `npm run build` first\n');
  process.exit(1);
}
await import(built.href);
