import { ComputeHost } from '../compute/compute-host';
import { computeEntryIn, trainFlow } from './commands';

/** A parent for specs that end it: runs a job that computes without a pause, and prints the process it runs in. */
const folder = process.argv[2] ?? '.';
const host = new ComputeHost({ size: 1, ...(await computeEntryIn(folder)), configuration: { folder } });
await host.start();
const command = trainFlow({ attempts: [[{ do: 'busy-loop' }]] });
const attempt = host
  .take()
  ?.run({ jobId: command.jobId, command, checkpoint: null }, { progress: () => undefined, checkpoint: () => Promise.resolve() });
process.stdout.write(`${String(attempt?.pid)}\n`);
