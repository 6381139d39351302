import { join } from 'node:path';
import type { BlobRef, CommandData, CommandType } from '@cfgen/contracts';
import { createReferenceEngine, createWasmEngine, type Engine } from '@cfgen/compute';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobHarness, type JobRun } from '../testing/job-harness';
import { smallSettings, writeSmallCells } from '../testing/small-cells';
import type { JobCheckpoint } from './job-context';

const training = { labels: ['cell_type'], batches: ['donor'], minCells: 10, missingLabels: 'refuse' as const };
const small = smallSettings();
const settings = {
  ...small,
  // Noise in the codes and pairs by transport: everything that a restart could get wrong.
  autoencoder: { ...small.autoencoder, head: { kind: 'variational', klWeight: 0.3 }, epochs: 5 },
  flow: { ...small.flow, coupling: 'optimal-transport' },
} as unknown as CommandData<'FitPriors'>['settings'];
const common = { fileName: 'small.h5ad', training, settings };

describe('a job that is stopped', () => {
  let engine: Engine;
  let harness: JobHarness;
  let data: BlobRef[];
  const seed = 3;

  beforeAll(async () => {
    engine = await createWasmEngine({ threads: 1 });
    harness = new JobHarness(async () => engine);
    const path = join(harness.folder, 'small.h5ad');
    const split = join(harness.folder, 'small.tsv');
    await writeSmallCells(path, split);
    data = [await harness.upload('data', path), await harness.upload('split', split)];
  });

  afterAll(async () => {
    await engine.close();
    harness.remove();
  });

  /** Runs a job once without a stop, then stops it at each of its checkpoints and goes on; all must end the same. */
  async function endsTheSame<T extends CommandType>(
    type: T,
    command: CommandData<T>,
    inputs: readonly BlobRef[],
  ): Promise<JobCheckpoint[]> {
    const checkpoints: JobCheckpoint[] = [];
    const expected = await harness.run(type, command, inputs, { onCheckpoint: (made) => checkpoints.push(made) });
    expect(checkpoints.map(({ step }) => step)).toEqual(checkpoints.map((_, i) => i + 1));

    let last: JobCheckpoint | null = null;
    for (let stops = 0; stops < checkpoints.length - 1; stops++) {
      const onCheckpoint: NonNullable<JobRun['onCheckpoint']> = (made, stop) => {
        expect(made.step).toBe((last?.step ?? 0) + 1);
        last = made;
        stop();
      };
      await expect(harness.run(type, command, inputs, { checkpoint: last, onCheckpoint })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    }
    expect(await harness.run(type, command, inputs, { checkpoint: last })).toEqual(expected);
    for (const checkpoint of checkpoints) expect(await harness.run(type, command, inputs, { checkpoint })).toEqual(expected);
    return checkpoints;
  }

  it('trains the same autoencoder, encodes the same latents and trains the same flow from any of its checkpoints', async () => {
    expect(await endsTheSame('TrainAutoencoder', { ...common, seed, checkpointEpochs: 1 }, data)).toHaveLength(5);
    const autoencoder = await harness.run('TrainAutoencoder', { ...common, seed, checkpointEpochs: 2 }, data);
    const encoding = [...data, ...autoencoder.outputs];
    expect(await endsTheSame('EncodeCells', { ...common, shardCells: 25 }, encoding)).toHaveLength(5);
    const encoded = await harness.run('EncodeCells', { ...common, shardCells: 25 }, encoding);
    const priors = await harness.run('FitPriors', common, data);
    const flow = { settings, seed, checkpointSteps: 7 };
    expect(await endsTheSame('TrainFlow', flow, [...encoded.outputs, ...priors.outputs])).toHaveLength(5);
  });

  it('does not encode again what is encoded', async () => {
    const autoencoder = await harness.run('TrainAutoencoder', { ...common, seed, checkpointEpochs: 9 }, data);
    const inputs = [...data, ...autoencoder.outputs];
    const checkpoints: JobCheckpoint[] = [];
    await harness.run('EncodeCells', { ...common, shardCells: 50 }, inputs, { onCheckpoint: (made) => checkpoints.push(made) });
    const done: number[] = [];
    await harness.run('EncodeCells', { ...common, shardCells: 50 }, inputs, {
      checkpoint: checkpoints[1]!,
      onProgress: (progress) => (progress.stage === 'encode' ? done.push(progress.done) : undefined),
    });
    expect(done).toEqual([120]);
  });

  it('starts anew on another engine, and counts its checkpoints on', async () => {
    const command = { ...common, seed, checkpointEpochs: 2 };
    const checkpoints: JobCheckpoint[] = [];
    await harness.run('TrainAutoencoder', command, data, { onCheckpoint: (made) => checkpoints.push(made) });
    const reference = createReferenceEngine();
    const other = new JobHarness(async () => reference, harness.blobs);
    const expected = await other.run('TrainAutoencoder', command, data);
    const steps: number[] = [];
    const onCheckpoint: NonNullable<JobRun['onCheckpoint']> = ({ step }) => steps.push(step);
    expect(await other.run('TrainAutoencoder', command, data, { checkpoint: checkpoints[1]!, onCheckpoint })).toEqual(expected);
    expect(steps).toEqual([3, 4]);
    other.remove();
    await reference.close();
  });

  it('says that it was interrupted, also while it reads', async () => {
    const stopAtOnce: JobRun = { onProgress: (_progress, stop) => stop() };
    const interrupted = { code: 'INTERRUPTED', retryable: true };
    await expect(harness.run('FitPriors', common, data, stopAtOnce)).rejects.toMatchObject(interrupted);
    await expect(harness.run('TrainAutoencoder', { ...common, seed, checkpointEpochs: 1 }, data, stopAtOnce)).rejects.toMatchObject(
      interrupted,
    );
    await expect(harness.run('InspectCells', { fileName: 'small.h5ad' }, [data[0]!], stopAtOnce)).rejects.toMatchObject(interrupted);
  });
});
