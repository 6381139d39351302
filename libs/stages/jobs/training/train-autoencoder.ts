import { encodeTensors, trainAutoencoderPart } from '@cfgen/model';
import { stepProgress } from '../../train/training-progress';
import { putContent, putJson } from '../contents/contents';
import { reported, type JobHandler } from '../job-context';
import { readingOf } from '../reading';
import { jobCheckpoints } from './job-checkpoints';
import { settingsOf, trainingDataOf } from './training-contents';

/** Counts -> autoencoder. Goes on from its last checkpoint to the same bits. */
export const trainAutoencoderJob: JobHandler<'TrainAutoencoder'> = async (request, context) => {
  const settings = settingsOf(request.data.settings);
  const reading = readingOf(context);
  const data = await trainingDataOf(request, context, reading);
  try {
    const engine = await context.engine();
    const { tensors, ...trained } = await trainAutoencoderPart(
      engine,
      data.cells,
      settings,
      request.data.seed,
      { checkpoints: jobCheckpoints(context, engine.name), checkpointEvery: request.data.checkpointEpochs },
      { signal: context.signal, onProgress: (progress) => context.progress(stepProgress(progress)) },
    );
    const cells = data.cells.counts.rows;
    const { features, atac, carried, notes } = data;
    const { bestEpoch, stoppedEarly, history } = trained;
    return {
      data: {
        ...{ cells, features: features.names.length, epochs: history.length, bestEpoch, stoppedEarly },
        problems: reported(reading.problems),
      },
      outputs: [
        await putContent(context, 'autoencoder', 'cfgen.autoencoder.v1', encodeTensors(tensors)),
        await putJson(context, 'autoencoder-training', 'cfgen.autoencoder-training.v1', {
          ...{ ...trained, cells, features, data: data.data, notes, engine: engine.name },
          ...(atac === undefined ? {} : { atac }),
          ...(carried === undefined ? {} : { carried }),
        }),
      ],
    };
  } finally {
    data.close();
  }
};
