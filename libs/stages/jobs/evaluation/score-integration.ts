import { integrationSettingsSchema } from '@cfgen/contracts';
import { reportText, scoresText } from '../../integration/report';
import { scoreData } from '../../integration/score-data';
import { putContent, putForeign } from '../contents/contents';
import { dataFile, inputOf } from '../contents/inputs';
import { reported, type JobHandler } from '../job-context';
import { readingOf } from '../reading';
import { askedSettings } from './asked-settings';

/** A data set with embeddings -> scores, as `cfgen integration` writes them. Needs no engine. */
export const scoreIntegrationJob: JobHandler<'ScoreIntegration'> = async (request, context) => {
  const { fileName, layer, ...asked } = request.data;
  const reading = readingOf(context);
  const report = await scoreData(
    {
      ...asked,
      data: await dataFile(context, inputOf(request, 'data'), fileName),
      ...(layer === undefined ? {} : { layer }),
      settings: askedSettings('integration', integrationSettingsSchema, request.data.settings),
    },
    { ...reading, version: context.version, signal: context.signal },
  );
  const { metrics = [], aggregates } = report.embeddings[0]?.result ?? {};
  return {
    data: {
      figures: {
        ...Object.fromEntries(metrics.map(({ id, value }) => [id, value])),
        batch: aggregates?.batch.value ?? null,
        bio: aggregates?.bio.value ?? null,
        total: aggregates?.total ?? null,
      },
      problems: reported(reading.problems),
    },
    outputs: [
      await putContent(context, 'scores', 'cfgen.integration.v1', Buffer.from(reportText(report))),
      await putForeign(context, 'table', 'text/tab-separated-values', Buffer.from(scoresText(report))),
    ],
  };
};
