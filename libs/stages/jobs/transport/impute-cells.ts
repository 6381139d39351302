import { imputeToFile } from '../../impute/impute-to-file';
import type { JobHandler } from '../job-context';
import { movedOutcome, movingContext, movingOptions } from './moved-cells';

/** A model and cells -> expected counts, in the file that `cfgen impute` writes. It keeps no checkpoints: an attempt that was lost begins anew. */
export const imputeCellsJob: JobHandler<'ImputeCells'> = async (request, context) => {
  const options = { ...(await movingOptions(request, context, 'imputed')), noise: request.data.noise };
  const step = await movingContext(context);
  return movedOutcome(context, 'imputed', await imputeToFile(options, step), step.problems);
};
