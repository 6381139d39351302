import type { Answer } from './answers';
import { middleCells, type PlanOptions, type Task } from './plan';

export type TrainingTask = Extract<Task, { readonly kind: 'train' }>;
export type TrainingAnswer = Answer & { readonly task: TrainingTask };

/** Answers of trainings from HDF5. */
export function trainings(answers: readonly Answer[]): TrainingAnswer[] {
  return answers.filter((answer): answer is TrainingAnswer => answer.task.kind === 'train');
}

/** Seconds of an epoch along one axis, the others held where the plan holds them; ascending. */
export interface Series {
  readonly axis: 'cells' | 'genes' | 'threads';
  readonly engine: string;
  readonly points: readonly (readonly [x: number, seconds: number])[];
}

/** For each axis and engine the epochs that were measured along it. */
export function seriesOf(answers: readonly Answer[], plan: PlanOptions): Series[] {
  const [genes, threads, middle] = [Math.max(...plan.genes), Math.max(...plan.threads), middleCells(plan)];
  const on: Record<Series['axis'], (task: TrainingTask) => boolean> = {
    cells: (task) => task.genes === genes && task.threads === threads,
    genes: (task) => task.cells === middle && task.threads === threads,
    threads: (task) => task.cells === middle && task.genes === genes,
  };
  return (['cells', 'genes', 'threads'] as const).flatMap((axis) =>
    plan.engines.map((engine) => ({
      axis,
      engine,
      points: trainings(answers)
        .filter(({ task }) => task.engine === engine && task.format === 'h5ad' && on[axis](task))
        .map(
          ({ task, facts, seconds }) => [axis === 'cells' ? (facts['cells'] ?? task.cells) : task[axis], seconds['epoch'] ?? NaN] as const,
        )
        .filter(([, seconds]) => Number.isFinite(seconds))
        .sort(([a], [b]) => a - b),
    })),
  );
}
