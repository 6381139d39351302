import { fileURLToPath } from 'node:url';
import { runCfgen } from './commands/program';
import { version } from './package.json';

for (const stream of [process.stdout, process.stderr]) {
  // Whoever read the output (head, less) has seen enough.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

process.exitCode = await runCfgen(
  {
    argv: process.argv.slice(2),
    stdout: process.stdout,
    stderr: process.stderr,
    clock: () => performance.now() / 1000,
    version,
    assets: fileURLToPath(new URL('./assets/', import.meta.url)),
  },
  process,
);
