import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * What one process of a side answers, see `measure-cfgen.ts` and `pytorch_cfgen.py`.
 *
 * @typedef {{
 *   seconds: Record<string, number[]>, facts: Record<string, number>, peakMemory: number, processorTime: number, threads: number,
 *   versions: Record<string, string>, engine?: string, otherWork: number,
 * }} Answer `otherWork`: share of the machine's processors that other programs used meanwhile
 */

/**
 * The two sides as functions from words of the command line to an answer, each call a fresh process.
 *
 * @param {string} python
 * @returns {{ cfgen: (words: string[]) => Answer, pytorch: (words: string[]) => Answer }}
 */
export function sides(python) {
  return {
    cfgen: (words) => answerOf(process.execPath, ['--import', 'tsx', 'tools/benchmarks/measure-cfgen.ts', ...words]),
    pytorch: (words) => answerOf(python, ['tools/benchmarks/peers/pytorch_cfgen.py', ...words]),
  };
}

/** @returns {Answer} */
function answerOf(program, args) {
  const before = { at: performance.now() / 1000, busy: busySeconds() };
  const { status, stdout, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.slice(0, 4).join(' ')} ... ended with status ${status}`);
  const answer = JSON.parse(stdout.trim().split('\n').at(-1));
  const others = busySeconds() - before.busy - answer.processorTime;
  return { ...answer, otherWork: Math.max(0, others) / ((performance.now() / 1000 - before.at) * availableParallelism()) };
}

/** Seconds that all processors together have worked since the machine started. */
function busySeconds() {
  return cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) / 1000, 0);
}

/**
 * Measures one case on both sides in turn, A B A B, so that whatever else the machine does falls on both.
 *
 * @param {number} count rounds
 * @param {() => Answer} cfgen
 * @param {() => Answer} pytorch
 * @param {(text: string) => void} say
 */
export function inTurn(count, cfgen, pytorch, say) {
  return Array.from({ length: count }, (_, i) => {
    say(`round ${i + 1} of ${count}: CFGen`);
    const ours = cfgen();
    say(`round ${i + 1} of ${count}: PyTorch`);
    return { cfgen: ours, pytorch: pytorch() };
  });
}

/**
 * Both sides drew from one model, with random numbers of their own: totals and zeros must agree, or one of them computes something else.
 *
 * @param {{ cfgen: Answer, pytorch: Answer }[]} rounds of a generation
 * @param {number} cells drawn in each
 * @returns {string[]} what differs by more than chance allows; none when all is well
 */
export function disagreements(rounds, cells) {
  return rounds.flatMap(({ cfgen, pytorch }) => {
    const total = Math.abs(pytorch.facts.meanTotal / cfgen.facts.meanTotal - 1);
    const zeros = Math.abs(pytorch.facts.zeros - cfgen.facts.zeros);
    return [
      ...(total > 4 / Math.sqrt(cells) ? [`mean totals are ${cfgen.facts.meanTotal} and ${pytorch.facts.meanTotal}`] : []),
      ...(zeros > 0.5 / Math.sqrt(cells) ? [`shares of zeros are ${cfgen.facts.zeros} and ${pytorch.facts.zeros}`] : []),
    ];
  });
}
