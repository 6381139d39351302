import type { ScheduleSettings } from '../settings/model-settings';

/**
 * Learning rate of a step, as a factor of the peak rate.
 * Linear rise over `warmupSteps`, then constant, or a half cosine down to `finalFraction` at the last step.
 *
 * @param step counts from 0; @param steps length of the whole training.
 */
export function learningRateAt(schedule: ScheduleSettings, step: number, steps: number): number {
  if (step < schedule.warmupSteps) return (step + 1) / schedule.warmupSteps;
  if (schedule.kind === 'constant') return 1;
  const span = Math.max(1, steps - 1 - schedule.warmupSteps);
  const progress = Math.min(1, (step - schedule.warmupSteps) / span);
  return schedule.finalFraction + (1 - schedule.finalFraction) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
