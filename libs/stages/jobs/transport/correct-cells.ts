import { correctToFile } from '../../correct/correct-to-file';
import type { JobHandler } from '../job-context';
import { movedOutcome, movingContext, movingOptions } from './moved-cells';

/** A model and cells -> the cells in one batch, in the file that `cfgen correct` writes. It keeps no checkpoints: an attempt that was lost begins anew. */
export const correctCellsJob: JobHandler<'CorrectCells'> = async (request, context) => {
  const { batch, reference, means } = request.data;
  const options = {
    ...(await movingOptions(request, context, 'corrected')),
    ...(batch === undefined ? {} : { batch }),
    ...(reference === undefined ? {} : { reference }),
    means,
  };
  const step = await movingContext(context);
  return movedOutcome(context, 'corrected', await correctToFile(options, step), step.problems);
};
