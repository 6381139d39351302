import type { TrainingProgress } from '@cfgen/model';
import type { StepProgress } from '../context';

/** Progress of a training as progress of a step. */
export function stepProgress({ stage, done, total, trainingLoss, validationLoss }: TrainingProgress): StepProgress {
  return {
    stage,
    done,
    total,
    unit: stage === 'encode' ? 'cells' : 'steps',
    figures: {
      ...(trainingLoss === undefined ? {} : { loss: trainingLoss }),
      ...(validationLoss === undefined ? {} : { validation: validationLoss }),
    },
  };
}
