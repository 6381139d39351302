// Runs the benchmarks, `*.bench.ts` beside what they measure, and says on which machine.
//
//   npm run bench -- [part of a path ...]
//
// Times are worth comparing within one run only: other work on the machine moves all of them together.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { runTool } from '../checks/run-tool.mjs';

const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
const memory = Math.round(totalmem() / 1024 ** 3);
process.stdout.write(
  `${processor}, ${availableParallelism()} threads, ${memory} GiB, Node ${process.version}, ${process.platform} ${process.arch}\n`,
);

process.exitCode = runTool('vitest', ['bench', '--run', '--passWithNoTests', ...process.argv.slice(2)]).status;
