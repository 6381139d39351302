import { SingleBar } from 'cli-progress';
import { problemLines } from './messages';
import { remarks, Stage, stageName, type ProgressDisplay } from './progress';
import type { TextStream } from './surroundings';

const barWidth = 24;

/** A bar that is drawn over itself: stage, percentage, rate, time left, losses. A finished stage leaves one line. */
export function progressBars(stderr: TextStream, clock: () => number): ProgressDisplay {
  let running: { stage: Stage; bar: SingleBar } | undefined;
  const write = (lines: readonly string[]): void => void stderr.write(`${lines.join('\n')}\n`);
  const leave = (line: (stage: Stage) => string): void => {
    if (running === undefined) return;
    running.bar.stop();
    write([line(running.stage)]);
    running = undefined;
  };
  const finish = (): void => leave((stage) => stage.ended());
  /** Takes the bar away, writes, and draws it again below. */
  const print = (lines: readonly string[]): void => {
    running?.bar.stop();
    write(lines);
    if (running !== undefined) running.bar = startBar(stderr, running.stage);
  };
  return {
    report(progress) {
      if (running?.stage.name !== stageName(progress)) {
        finish();
        const stage = new Stage(progress, clock);
        running = { stage, bar: startBar(stderr, stage) };
      }
      const pace = running.stage.report(progress);
      running.bar.setTotal(progress.total);
      running.bar.update(progress.done, { text: remarks(progress, pace).join(', ') });
    },
    tell(problem) {
      if (running?.stage.isComplete === true) finish();
      print(problemLines(problem));
    },
    print,
    finish,
    stop: () => leave((stage) => stage.stopped()),
  };
}

function startBar(stderr: TextStream, { name, last }: Stage): SingleBar {
  const bar = new SingleBar({
    // Escape codes are all that is written to it.
    stream: stderr as unknown as NodeJS.WritableStream,
    format: `${name.padEnd(12)} {bar} {percentage} %  {text}`,
    barsize: barWidth,
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    fps: 5,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
  });
  bar.start(last.total, last.done, { text: '' });
  return bar;
}
