import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * What one process of a side answers, see `measure-cfgen.ts` and `measure_peer.py`.
 *
 * @typedef {{
 *   seconds: Record<string, number[]>, facts: Record<string, number>, peakMemory: number, processorTime: number, threads: number,
 *   versions: Record<string, string>, engine: string, otherWork: number, measured: string,
 * }} Answer `otherWork`: share of the machine's processors that other programs used meanwhile; `measured`: when, and at which commit
 *
 * @typedef {Record<string, Answer>} Round one answer by name of the run
 * @typedef {{ name: string, program: 'cfgen' | 'peer', words: string[] }} Run
 */

/**
 * Runs one measurement in a fresh process.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {string} measured
 * @returns {Answer}
 */
export function answerOf(program, args, measured) {
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
  return { ...answer, measured, otherWork: Math.max(0, others) / ((performance.now() / 1000 - before.at) * availableParallelism()) };
}

/** Seconds that all processors together have worked since the machine started. */
function busySeconds() {
  return cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) / 1000, 0);
}

/**
 * Measures one case on all sides in turn, A B C A B C, so that whatever else the machine does falls on all.
 *
 * @param {number} count rounds
 * @param {Run[]} runs
 * @param {(run: Run, round: number) => Answer} measure
 * @returns {Round[]}
 */
export function inTurn(count, runs, measure) {
  return Array.from({ length: count }, (_, i) => Object.fromEntries(runs.map((run) => [run.name, measure(run, i)])));
}

/**
 * Keeps answers in a folder, so that an interrupted benchmark goes on where it was.
 *
 * @param {string} folder
 * @param {string} name
 * @param {() => Answer} measure
 * @returns {Answer}
 */
export function kept(folder, name, measure) {
  const file = join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const answer = measure();
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(answer));
  return answer;
}

/**
 * All sides that drew from one model have random numbers of their own: totals and zeros must agree, or one of them computes something else.
 *
 * @param {Round[]} rounds of a generation, of the runs that share a model
 * @param {number} cells drawn in each
 * @returns {string[]} what differs by more than chance allows; none when all is well
 */
export function disagreements(rounds, cells) {
  return rounds.flatMap((round) => {
    const [[first, expected], ...others] = Object.entries(round);
    return others.flatMap(([name, { facts }]) => {
      const total = Math.abs(facts.meanTotal / expected.facts.meanTotal - 1);
      const zeros = Math.abs(facts.zeros - expected.facts.zeros);
      return [
        ...(total > 4 / Math.sqrt(cells)
          ? [`mean totals are ${expected.facts.meanTotal} (${first}) and ${facts.meanTotal} (${name})`]
          : []),
        ...(zeros > 0.5 / Math.sqrt(cells) ? [`shares of zeros are ${expected.facts.zeros} (${first}) and ${facts.zeros} (${name})`] : []),
      ];
    });
  });
}
