import { inspectDataset } from '@cfgen/single-cell';
import { putContent } from '../contents/contents';
import { dataFile, inputOf } from '../contents/inputs';
import { reported, type JobHandler } from '../job-context';
import { stopWhenAborted } from '../reading';

/** A file as it was uploaded -> what is in it, as `cfgen inspect --json` prints it. Needs no engine. */
export const inspectCellsJob: JobHandler<'InspectCells'> = async (request, context) => {
  const { fileName, layer } = request.data;
  const { path, name } = await dataFile(context, inputOf(request, 'data'), fileName);
  context.progress({ stage: 'read', done: 0, total: 1, unit: 'files' });
  const inspection = await inspectDataset(path, {
    ...{ name, memory: context.memory, tempFolder: context.workFolder },
    ...(layer === undefined ? {} : { layer }),
  });
  stopWhenAborted(context, 'inspection');
  context.progress({ stage: 'read', done: 1, total: 1, unit: 'files' });
  const { problems, ...facts } = inspection;
  const text = JSON.stringify({ command: 'inspect', kind: 'data', ...facts, problems }, null, 2);
  const { cells, features, format, sha256 } = inspection;
  return {
    data: { cells, features, format, contentSha256: sha256, problems: reported(problems) },
    outputs: [await putContent(context, 'inspection', 'cfgen.inspection.v1', Buffer.from(`${text}\n`))],
  };
};
