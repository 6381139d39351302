import { describe, expect, it } from 'vitest';
import { parseEnvelope, progressTopic, type JobProgress } from '@cfgen/contracts';
import type { OutgoingMessage } from '@cfgen/messaging';
import { newId, trainFlow } from '../testing/commands';
import { ProgressReporter } from './progress-reporter';

describe('progress of a job', () => {
  let now = 0;
  const reporter = (sent: OutgoingMessage[]) => {
    now = 1_700_000_000_000;
    const bus = { publishLossy: (messages: readonly OutgoingMessage[]) => void sent.push(...messages) };
    const source = { stage: 'flow', producer: 'spec', now: () => now, newId } as const;
    return new ProgressReporter(trainFlow({ attempts: [] }), 2, bus, source, 1000);
  };
  const steps = (done: number, figures: Record<string, number> = {}) => ({ stage: 'flow', done, total: 100, unit: 'steps', figures });
  const told = (message: OutgoingMessage | undefined) => parseEnvelope(message!.value).data as unknown as JobProgress;

  it('is published at most once a second, the latest report winning', () => {
    const sent: OutgoingMessage[] = [];
    const progress = reporter(sent);
    for (let i = 0; i <= 25; i++, now += 100) progress.report(steps(i));
    expect(sent.map((message) => told(message).done)).toEqual([0, 10, 20]);
    expect(sent.every(({ topic }) => topic === progressTopic)).toBe(true);
  });

  it('shows the last report before a pause once its second has passed', () => {
    const sent: OutgoingMessage[] = [];
    const progress = reporter(sent);
    progress.report(steps(1));
    progress.report(steps(2));
    now += 1000;
    progress.due();
    progress.due();
    expect(sent.map((message) => told(message).done)).toEqual([1, 2]);
  });

  it('says how long it will take from the pace of the stage, and nothing before the pace is known', () => {
    const sent: OutgoingMessage[] = [];
    const progress = reporter(sent);
    progress.report(steps(0));
    now += 2000;
    progress.report(steps(20));
    now += 2000;
    progress.report({ ...steps(0), stage: 'write' });
    expect(sent.map((message) => told(message).secondsLeft)).toEqual([null, 8, null]);
    expect(sent.map((message) => told(message).attempt)).toEqual([2, 2, 2]);
  });

  it('leaves out figures that are no numbers, which a message cannot hold', () => {
    const sent: OutgoingMessage[] = [];
    reporter(sent).report(steps(1, { loss: 0.5, gradient: Number.NaN }));
    expect(told(sent[0]).figures).toEqual({ loss: 0.5 });
  });
});
