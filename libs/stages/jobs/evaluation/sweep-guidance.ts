import { guidanceSettingsSchema } from '@cfgen/contracts';
import { guidanceTexts } from '../../guide/guidance-texts';
import { sweepGuidance } from '../../guide/sweep-guidance';
import { putContent, putForeign } from '../contents/contents';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import { modelOf } from '../contents/model-blobs';
import { reported, type JobHandler } from '../job-context';
import { readingOf } from '../reading';
import { askedSettings } from './asked-settings';

/** A model and real cells -> guidance weights tried, and those to use, as `cfgen guide` writes them. */
export const sweepGuidanceJob: JobHandler<'SweepGuidance'> = async (request, context) => {
  const { fileName, splitName, layer, grid, solver } = request.data;
  const reading = readingOf(context);
  const model = await modelOf(context, inputOf(request, 'model'));
  const result = await sweepGuidance(
    model,
    {
      data: await dataFile(context, inputOf(request, 'data'), fileName),
      ...(await optionalDataFile('split', context, request.inputs.get('split'), splitName ?? 'split.tsv')),
      grid,
      ...(layer === undefined ? {} : { layer }),
      ...(solver === undefined ? {} : { solver }),
      settings: askedSettings('guidance', guidanceSettingsSchema, request.data.settings),
    },
    { ...reading, engine: await context.engine(), version: context.version, signal: context.signal },
  );
  const texts = guidanceTexts(result);
  const { recommended } = result;
  return {
    data: {
      figures: {
        ...Object.fromEntries(Object.entries(recommended?.weights ?? {}).map(([name, weight]) => [`weight ${name}`, weight])),
        'mean agreement': recommended?.meanAgreement ?? null,
      },
      problems: reported(reading.problems),
    },
    outputs: [
      await putContent(context, 'scores', 'cfgen.guidance.v1', Buffer.from(texts['guidance.json'])),
      await putForeign(context, 'table', 'text/tab-separated-values', Buffer.from(texts['guidance.tsv'])),
      await putForeign(context, 'plot', 'image/svg+xml', Buffer.from(texts['guidance.svg'])),
    ],
  };
};
