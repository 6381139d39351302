import { problemSchema, type Problem, type RunStage } from '@cfgen/contracts';
import type { StepSummaryRow } from '@cfgen/persistence';
import { z } from 'zod';
import type { RunNode } from './definitions/run-definition';

/** Problems that a run keeps at most. */
const maximumProblems = 100;

/** What people see of the steps of a run. */
export interface RunSummary {
  readonly stages: readonly RunStage[];
  readonly problems: readonly Problem[];
  readonly figures: Readonly<Record<string, number | null>>;
}

export function summaryOf(nodes: readonly RunNode[], steps: ReadonlyMap<string, StepSummaryRow>): RunSummary {
  const stages = new Map<string, RunNode[]>();
  for (const node of nodes) {
    const stage = stages.get(node.type) ?? [];
    stage.push(node);
    stages.set(node.type, stage);
  }
  const done = nodes.flatMap(({ key }) => steps.get(key) ?? []);
  return {
    stages: [...stages].map(([name, members]) => stageOf(name, members, steps)),
    problems: problemsOf(done),
    figures: figuresOf(done.findLast(({ result }) => result !== null)?.result?.data ?? {}),
  };
}

function stageOf(name: string, nodes: readonly RunNode[], steps: ReadonlyMap<string, StepSummaryRow>): RunStage {
  const jobs = { total: nodes.length, queued: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 };
  let startedAt = Number.POSITIVE_INFINITY;
  let finishedAt = 0;
  let begun = false;
  for (const { key } of nodes) {
    const step = steps.get(key);
    const state = step?.state ?? 'waiting';
    jobs[state === 'waiting' || state === 'issued' ? 'queued' : state]++;
    begun ||= state !== 'waiting';
    startedAt = Math.min(startedAt, step?.startedAt ?? Number.POSITIVE_INFINITY);
    finishedAt = Math.max(finishedAt, step?.finishedAt ?? 0);
  }
  const state = stateOf(jobs, begun);
  return {
    name,
    state,
    jobs,
    share: jobs.succeeded / jobs.total,
    startedAt: Number.isFinite(startedAt) ? new Date(startedAt).toISOString() : null,
    finishedAt: state === 'waiting' || state === 'running' || finishedAt === 0 ? null : new Date(finishedAt).toISOString(),
  };
}

function stateOf(jobs: RunStage['jobs'], begun: boolean): RunStage['state'] {
  if (jobs.failed > 0) return 'failed';
  if (jobs.succeeded === jobs.total) return 'succeeded';
  if (jobs.cancelled > 0 && jobs.running === 0) return 'cancelled';
  return begun ? 'running' : 'waiting';
}

/** What the steps of a run reported, each thing once. */
export function problemsOf(steps: readonly StepSummaryRow[]): Problem[] {
  const problems = new Map<string, Problem>();
  for (const { result } of steps) {
    const found = z.array(problemSchema).safeParse(result?.data['problems']).data ?? [];
    for (const problem of found) problems.set(JSON.stringify(problem), problem as Problem);
  }
  return [...problems.values()].slice(0, maximumProblems);
}

/** Numbers at the top of a result; of an evaluation its figures. */
function figuresOf(data: Readonly<Record<string, unknown>>): Record<string, number | null> {
  const named = z.record(z.string(), z.number().nullable()).safeParse(data['figures']);
  if (named.success) return named.data;
  return Object.fromEntries(Object.entries(data).filter((pair): pair is [string, number] => typeof pair[1] === 'number'));
}
