import { fileURLToPath } from 'node:url';
import { runGateway } from '@cfgen/gateway';
import { version } from './package.json';

await runGateway({
  version,
  computeEntry: fileURLToPath(new URL('../compute-child.mjs', import.meta.url)),
  environment: process.env,
});
