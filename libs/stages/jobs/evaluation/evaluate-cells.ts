import { CfgenError, evaluationSettingsSchema, type CommandData } from '@cfgen/contracts';
import type { EvaluationSettings } from '@cfgen/evaluation';
import type { DataFile } from '../../data/data-file';
import { evaluateData } from '../../evaluate/evaluate-data';
import { putContent, putForeign } from '../contents/contents';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import { modelDescriptionOf } from '../contents/model-blobs';
import { reported, type JobContext, type JobHandler, type JobRequest } from '../job-context';
import { readingOf } from '../reading';

/** Real and generated cells -> figures and report, as `cfgen evaluate` writes them. Needs no engine. */
export const evaluateCellsJob: JobHandler<'EvaluateCells'> = async (request, context) => {
  const { label, donor, layer, realName, trainingName, splitName } = request.data;
  const { inputs } = request;
  const reading = readingOf(context);
  const model = inputs.get('model');
  const { result, metrics, report } = await evaluateData(
    {
      real: await dataFile(context, inputOf(request, 'real'), realName),
      generated: await generatedFiles(request, context),
      ...(label === undefined ? {} : { label }),
      ...(donor === undefined ? {} : { donor }),
      ...(layer === undefined ? {} : { layer }),
      ...(await optionalDataFile('training', context, inputs.get('training'), trainingName ?? 'training.h5ad')),
      ...(await optionalDataFile('split', context, inputs.get('split'), splitName ?? 'split.tsv')),
      ...(model === undefined ? {} : { model: await modelDescriptionOf(context, model) }),
      settings: settingsOf(request.data),
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

async function generatedFiles(request: JobRequest<'EvaluateCells'>, context: JobContext): Promise<DataFile[]> {
  const { generatedNames } = request.data;
  const given = [...request.inputs.keys()].filter((name) => name.startsWith('generated-')).length;
  if (given !== generatedNames.length) {
    throw new CfgenError('MESSAGE_INVALID', `there are ${given} generated files, and ${generatedNames.length} names of them`);
  }
  const files: DataFile[] = [];
  for (const [i, name] of generatedNames.entries()) files.push(await dataFile(context, inputOf(request, `generated-${i}`), name));
  return files;
}

function settingsOf({ settings }: CommandData<'EvaluateCells'>): Partial<EvaluationSettings> {
  const parsed = evaluationSettingsSchema.safeParse(settings);
  // Left out and undefined are the same to the evaluation, which fills in its defaults.
  if (parsed.success) return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
  const issue = parsed.error.issues[0];
  throw new CfgenError('REQUEST_INVALID', `the evaluation setting ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unreadable'}`, {
    hint: `Settings are: ${Object.keys(evaluationSettingsSchema.shape).join(', ')}.`,
    details: { path: issue?.path.join('.') ?? '' },
  });
}
