import { decodeTrainingState, encodeTrainingState, type TrainingCheckpoints } from '@cfgen/model';
import { putContent } from '../contents/contents';
import type { JobContext } from '../job-context';

/**
 * Checkpoints of a training as checkpoints of its job. A checkpoint of another engine is left alone: it would not lead to the same bits.
 */
export function jobCheckpoints(context: JobContext, engine: string): TrainingCheckpoints {
  let step = context.checkpoint?.step ?? 0;
  return {
    async load(part) {
      const { record, refs: [ref] = [] } = context.checkpoint ?? {};
      if (ref === undefined || record?.['part'] !== part || record['engine'] !== engine) return undefined;
      return decodeTrainingState(await context.blobs.readWhole(ref.sha256, context.signal), 'the checkpoint');
    },
    async save(part, state) {
      const ref = await putContent(context, 'checkpoint', 'cfgen.training-state.v1', encodeTrainingState(state));
      step += 1;
      await context.commitCheckpoint({ step, record: { part, engine }, refs: [ref] });
    },
    // A job that has ended needs its checkpoints no more; whoever keeps the jobs forgets them.
    drop: () => Promise.resolve(),
    clear: () => Promise.resolve(),
  };
}
