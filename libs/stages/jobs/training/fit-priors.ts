import { completeSettings, fitPriors } from '@cfgen/model';
import { putJson } from '../contents/contents';
import { reported, type JobHandler } from '../job-context';
import { readingOf, stopWhenAborted } from '../reading';
import { settingsOf, trainingDataOf } from './training-contents';

/** Labels and totals of the training cells -> priors. Needs no engine. */
export const fitPriorsJob: JobHandler<'FitPriors'> = async (request, context) => {
  const settings = settingsOf(request.data.settings);
  const reading = readingOf(context);
  const data = await trainingDataOf(request, context, reading);
  try {
    stopWhenAborted(context, 'fitting the priors');
    const { priors: how, multimodal } = completeSettings(settings, data.atac !== undefined);
    const priors = fitPriors(data.cells, how, multimodal);
    return {
      data: {
        cells: data.cells.counts.rows,
        attributes: priors.attributes.map(({ name, categories }) => ({ name, categories: categories.length })),
        problems: reported(reading.problems),
      },
      outputs: [await putJson(context, 'priors', 'cfgen.priors.v1', priors)],
    };
  } finally {
    data.close();
  }
};
