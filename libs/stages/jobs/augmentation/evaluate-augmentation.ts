import { evaluateAugmentationData } from '../../augment/evaluate-augmentation-data';
import { putContent, putForeign } from '../contents/contents';
import { dataFile, inputOf, numberedFiles } from '../contents/inputs';
import { modelDescriptionOf } from '../contents/model-blobs';
import { reported, type JobHandler } from '../job-context';
import { readingOf } from '../reading';

/** Augmented files and held-out real cells -> recall before and after, as `cfgen augment --evaluate` writes it. Needs no engine. */
export const evaluateAugmentationJob: JobHandler<'EvaluateAugmentation'> = async (request, context) => {
  const { fileName, splitName, layer, label, augmentedNames, neighbours, seed } = request.data;
  const reading = readingOf(context);
  const model = request.inputs.get('model');
  const { result, metrics, report } = await evaluateAugmentationData(
    {
      data: await dataFile(context, inputOf(request, 'data'), fileName),
      split: await dataFile(context, inputOf(request, 'split'), splitName),
      augmented: await numberedFiles(request, context, 'augmented', augmentedNames),
      label,
      ...(layer === undefined ? {} : { layer }),
      ...(model === undefined ? {} : { model: await modelDescriptionOf(context, model) }),
      settings: { seed, neighbours },
    },
    { ...reading, version: context.version, signal: context.signal },
  );
  const figures = result.classifiers.flatMap(({ id, macroBefore, macroGain, spearman }) => [
    [`${id}.before`, macroBefore],
    [`${id}.gain`, macroGain.value],
    [`${id}.spearman`, spearman.value],
  ]);
  return {
    data: { figures: Object.fromEntries(figures) as Record<string, number | null>, problems: reported(reading.problems) },
    outputs: [
      await putContent(context, 'metrics', 'cfgen.augmentation.v1', Buffer.from(metrics)),
      await putForeign(context, 'report', 'text/html', Buffer.from(report)),
    ],
  };
};
