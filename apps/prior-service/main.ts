import { fileURLToPath } from 'node:url';
import { runStageService } from '@cfgen/service-host';
import { version } from './package.json';

await runStageService('prior', {
  version,
  computeEntry: fileURLToPath(new URL('../compute-child.mjs', import.meta.url)),
  environment: process.env,
});
