import { expect, it } from 'vitest';
import { trainingTimes, type TimedProgress } from './stage-times';

/** Two steps of 1 s an epoch, 0.5 s of validation after them. */
const threeEpochs: TimedProgress[] = [1, 2, 2.5, 3.5, 4.5, 5, 6, 7, 7.5].map((at, i) => ({
  stage: 'autoencoder',
  done: 2 * Math.floor(i / 3) + Math.min((i % 3) + 1, 2),
  total: 6,
  at,
}));

it('counts a step of the autoencoder without the validation that follows it', () => {
  expect(trainingTimes(threeEpochs, 2).autoencoderStep).toEqual([1, 1, 1, 1]);
});

it('counts an epoch with its validation, the first one being warm-up', () => {
  expect(trainingTimes(threeEpochs, 2).autoencoderEpoch).toEqual([2.5, 2.5]);
});

it('leaves the first tenth of the flow out', () => {
  const flow = Array.from({ length: 20 }, (_, i) => ({ stage: 'flow', done: i + 1, total: 20, at: i < 2 ? 10 * i : 100 + 0.5 * i }));
  expect(trainingTimes(flow, 5).flowStep).toHaveLength(18);
  // The step after the warm-up ended late.
  expect(trainingTimes(flow, 5).flowEpoch.slice(1)).toEqual([2.5, 2.5]);
  expect(Math.max(...trainingTimes(flow, 5).flowStep.slice(1))).toBe(0.5);
});

it('answers nothing where nothing was trained', () => {
  expect(trainingTimes([], 7)).toEqual({ autoencoderStep: [], autoencoderEpoch: [], flowStep: [], flowEpoch: [] });
});
