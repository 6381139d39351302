import type { StepProgress } from '@cfgen/stages';
import { describe, expect, it } from 'vitest';
import { PaceMeter } from './pace';
import { progressBars } from './progress-bars';
import { progressLines, silentProgress } from './progress';
import { StageTimes } from './stage-times';

/** A stream that remembers, and a clock that is set by hand. */
function surroundings(isTTY = false) {
  const written: string[] = [];
  const time = { now: 100 };
  return { written, time, clock: () => time.now, stream: { isTTY, columns: 120, write: (text: string) => written.push(text) } };
}

const at = (stage: string, done: number, total: number, figures?: Record<string, number>): StepProgress => ({
  stage,
  done,
  total,
  unit: 'steps',
  ...(figures === undefined ? {} : { figures }),
});

const problem = { severity: 'warning', code: 'odd', message: 'something is odd', hint: 'look at it' } as const;

describe('progress in lines', () => {
  it('comes at most every five seconds and at the end of each stage', () => {
    const { written, time, clock, stream } = surroundings();
    const progress = progressLines(stream, clock);
    for (let step = 1; step <= 120; step++) {
      time.now += 0.125;
      progress.report(at('flow', step, 120, { loss: 1.23456 }));
    }
    progress.report(at('encode', 0, 10));
    progress.finish();
    expect(written).toEqual([
      'flow: 34 % (41 of 120 steps), 8 steps/s, 9.9 s left, loss 1.235\n',
      'flow: 67 % (81 of 120 steps), 8 steps/s, 4.9 s left, loss 1.235\n',
      'flow: 120 steps in 15 s, loss 1.235\n',
      'encode: 0 of 10 steps in 0.0 s\n',
    ]);
  });

  it('names the part of a stage without taking it for a stage', () => {
    const { written, time, clock, stream } = surroundings();
    const progress = progressLines(stream, clock);
    progress.report({ stage: 'evaluate: real cells', done: 0, total: 100, unit: '%' });
    time.now += 6;
    progress.report({ stage: 'evaluate: maps', done: 60, total: 100, unit: '%' });
    progress.finish();
    expect(written).toEqual(['evaluate: 60 %, maps, 4.0 s left\n', 'evaluate in 6.0 s\n']);
  });

  it('says where a stage was cut off', () => {
    const { written, clock, stream } = surroundings();
    const progress = progressLines(stream, clock);
    progress.report(at('flow', 3, 5));
    progress.stop();
    progress.report({ stage: 'evaluate: maps', done: 60, total: 100, unit: '%' });
    progress.stop();
    expect(written).toEqual(['flow: stopped at 3 of 5 steps after 0.0 s\n', 'evaluate: stopped at 60 % after 0.0 s\n']);
  });

  it('tells problems at once, after a stage that is complete', () => {
    const { written, clock, stream } = surroundings();
    const progress = progressLines(stream, clock);
    progress.report(at('read', 5, 5));
    progress.tell(problem);
    expect(written.join('')).toBe('read: 5 steps in 0.0 s\nwarning: something is odd\nhint: look at it\n');
  });
});

describe('silent progress', () => {
  it('tells problems only where they do not go into the JSON', () => {
    for (const problems of [true, false]) {
      const { written, stream } = surroundings();
      const progress = silentProgress(stream, problems);
      progress.report(at('read', 1, 2));
      progress.tell(problem);
      progress.finish();
      expect(written).toHaveLength(problems ? 1 : 0);
    }
  });
});

describe('progress bars', () => {
  it('show stage, percentage, rate, time left and loss, and leave one line a stage', () => {
    const { written, time, clock, stream } = surroundings(true);
    const progress = progressBars(stream, clock);
    progress.report(at('flow', 0, 200));
    time.now += 2;
    progress.report(at('flow', 50, 200, { loss: 0.5 }));
    progress.tell(problem);
    progress.finish();
    const text = written.join('');
    expect(text).toContain('25 %');
    expect(text).toContain('25 steps/s, 6.0 s left, loss 0.5');
    expect(text).toContain('warning: something is odd\nhint: look at it\n');
    expect(text.endsWith('flow: 50 of 200 steps in 2.0 s, loss 0.5\n')).toBe(true);
    const hidden = text.split('\u001b[?25l').length;
    expect(text.split('\u001b[?25h')).toHaveLength(hidden);
  });
});

describe('the pace', () => {
  it('does not count what was done before the first report, and follows a change', () => {
    const time = { now: 0 };
    const meter = new PaceMeter(() => time.now);
    expect(meter.report(500, 1000)).toEqual({ rate: undefined, left: undefined });
    time.now = 10;
    expect(meter.report(600, 1000)).toEqual({ rate: 10, left: 40 });
    for (let second = 11; second <= 60; second++) {
      time.now = second;
      meter.report(600 + second - 10, 1000);
    }
    expect(meter.report(650, 1000).rate).toBeCloseTo(1, 6);
  });
});

describe('the times of the stages', () => {
  it('add up when a stage comes again', () => {
    const time = { now: 0 };
    const times = new StageTimes(() => time.now);
    for (const [stage, seconds] of [
      ['read', 1],
      ['flow', 2.5],
      ['read', 0.5],
    ] as const) {
      times.enter(stage);
      times.enter(stage);
      time.now += seconds;
    }
    expect(times.of('read')).toBe(1.5);
    expect(times.stages()).toEqual({ read: 1.5, flow: 2.5 });
    expect(times.total()).toBe(4);
  });
});
