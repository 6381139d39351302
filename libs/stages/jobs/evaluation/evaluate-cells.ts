import { evaluationSettingsSchema } from '@cfgen/contracts';
import { evaluateData } from '../../evaluate/evaluate-data';
import { putContent, putForeign } from '../contents/contents';
import { dataFile, inputOf, numberedFiles, optionalDataFile } from '../contents/inputs';
import { modelDescriptionOf } from '../contents/model-blobs';
import { reported, type JobHandler } from '../job-context';
import { readingOf } from '../reading';
import { askedSettings } from './asked-settings';

/** Real and generated cells -> figures and report, as `cfgen evaluate` writes them. Needs no engine. */
export const evaluateCellsJob: JobHandler<'EvaluateCells'> = async (request, context) => {
  const { label, donor, layer, realName, generatedNames, trainingName, splitName } = request.data;
  const { inputs } = request;
  const reading = readingOf(context);
  const model = inputs.get('model');
  const { result, metrics, report } = await evaluateData(
    {
      real: await dataFile(context, inputOf(request, 'real'), realName),
      generated: await numberedFiles(request, context, 'generated', generatedNames),
      ...(label === undefined ? {} : { label }),
      ...(donor === undefined ? {} : { donor }),
      ...(layer === undefined ? {} : { layer }),
      ...(await optionalDataFile('training', context, inputs.get('training'), trainingName ?? 'training.h5ad')),
      ...(await optionalDataFile('split', context, inputs.get('split'), splitName ?? 'split.tsv')),
      ...(model === undefined ? {} : { model: await modelDescriptionOf(context, model) }),
      settings: askedSettings('evaluation', evaluationSettingsSchema, request.data.settings),
    },
    { ...reading, version: context.version, signal: context.signal },
  );
  const summary = [...result.summary, ...(result.chromatin?.summary ?? [])];
  return {
    data: {
      figures: Object.fromEntries(summary.map(({ id, mean }) => [id, mean])),
      intervals: Object.fromEntries(summary.map(({ id, interval }) => [id, interval === null ? null : [...interval]])),
      floors: Object.fromEntries(summary.map(({ id, floor }) => [id, floor])),
      privacyPassed: 'reason' in result.privacy ? null : result.privacy.passed,
      problems: reported(reading.problems),
    },
    outputs: [
      await putContent(context, 'metrics', 'cfgen.evaluation.v1', Buffer.from(metrics)),
      await putForeign(context, 'report', 'text/html', Buffer.from(report)),
    ],
  };
};
