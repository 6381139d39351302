import { fileURLToPath } from 'node:url';
import { computes, runCfgen } from './commands/program';
import { version } from './package.json';
import { computingThread } from './threads/computing-thread';
import { supervise } from './threads/supervise';

const program = {
  version,
  clock: () => performance.now() / 1000,
  environment: process.env,
  assets: fileURLToPath(new URL('./assets/', import.meta.url)),
};
const thread = computingThread();

if (thread !== undefined) {
  thread.end(await runCfgen({ ...program, ...thread }));
} else {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) {
    // Whoever read the output (head, less) has seen enough.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(0);
    });
  }
  const argv = process.argv.slice(2);
  const run = computes(argv) ? () => supervise(new URL(import.meta.url), argv) : undefined;
  process.exitCode = await runCfgen({ ...program, argv, stdout, stderr, stops: { listen: () => () => undefined } }, run);
}
