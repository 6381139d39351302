import type { StepProgress } from '@cfgen/stages';

/** A report of a training's progress, and when it came, in seconds. */
export interface TimedProgress extends Pick<StepProgress, 'stage' | 'done' | 'total'> {
  readonly at: number;
}

/** Seconds of each step and each epoch, in order. */
export interface TrainingTimes {
  readonly autoencoderStep: number[];
  readonly autoencoderEpoch: number[];
  readonly flowStep: number[];
  readonly flowEpoch: number[];
}

/**
 * Steps and epochs of a training from the times of its progress reports, which come after every step, and once more with the same count
 * when an epoch of the autoencoder is over, its validation included.
 *
 * An epoch of the flow is the sum of as many steps as one takes. The first epoch and a tenth of the flow's steps are warm-up and left out. Kernels have to take effect when they are called.
 */
export function trainingTimes(reports: readonly TimedProgress[], stepsAnEpoch: number): TrainingTimes {
  const autoencoder = reports.filter(({ stage }) => stage === 'autoencoder');
  const epochEnds = autoencoder.filter((report, i) => i > 0 && report.done === autoencoder[i - 1]?.done);
  const warm = epochEnds[0]?.done ?? 0;
  const flow = reports.filter(({ stage }) => stage === 'flow');
  const flowWarm = Math.ceil((flow[0]?.total ?? 0) / 10);
  const flowStep = between(flow, (before) => before.done >= flowWarm);
  return {
    autoencoderStep: between(autoencoder, (before, after) => after.done === before.done + 1 && before.done >= warm),
    autoencoderEpoch: between(epochEnds, () => true),
    flowStep,
    flowEpoch: Array.from({ length: Math.floor(flowStep.length / stepsAnEpoch) }, (_, i) =>
      flowStep.slice(i * stepsAnEpoch, (i + 1) * stepsAnEpoch).reduce((sum, seconds) => sum + seconds, 0),
    ),
  };
}

function between(reports: readonly TimedProgress[], counts: (before: TimedProgress, after: TimedProgress) => boolean): number[] {
  return reports.flatMap((after, i) => {
    const before = reports[i - 1];
    return before !== undefined && counts(before, after) ? [after.at - before.at] : [];
  });
}
