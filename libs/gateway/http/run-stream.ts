import { isEndState, type Run } from '@cfgen/contracts';
import { artifactRows, runRows, type RunRow } from '@cfgen/persistence';
import type { JobNews } from '../events/progress-board';
import type { Gateway } from '../gateway';
import { runView } from '../resources/views';

/** Changes that follow each other faster are sent as one. */
const gatherMs = 100;

/**
 * Server-sent events of a run: the whole run at once and after every change, progress in between, a sign of life when it is quiet. Ends after
 * the end of the run, when the client goes, and when the server stops.
 *
 * @param lastSeen sequence of the last `run` event the client has; -1: none
 */
export async function* runStream(gateway: Gateway, first: RunRow, lastSeen: number, signal: AbortSignal): AsyncGenerator<string> {
  const { heartbeatMs = 15_000, pollMs = 1000, now } = gateway.options;
  const news: JobNews[] = [];
  const alarm = new Alarm();
  const ends = [
    gateway.changes.watch(first.id, () => alarm.ring()),
    gateway.board.watch(first.id, (progress) => {
      // Lossy: of each command the latest is enough.
      const at = news.findIndex(({ command }) => command === progress.command);
      if (at >= 0) news.splice(at, 1);
      news.push(progress);
      alarm.ring();
    }),
    onAbort(signal, () => alarm.ring()),
    onAbort(gateway.stopping, () => alarm.ring()),
  ];
  const stopped = (): boolean => signal.aborted || gateway.stopping.aborted;
  let sent = lastSeen;
  let spokenAt = now();
  try {
    yield 'retry: 2000\n\n';
    for (let row: RunRow | null = first; row !== null && !stopped(); row = await reload(gateway, first.id)) {
      const ended = isEndState(row.state);
      if (row.sequence > sent || ended) {
        sent = row.sequence;
        spokenAt = now();
        yield event('run', await viewOf(gateway, row), row.sequence);
        if (ended) return;
      }
      for (const progress of news.splice(0)) {
        spokenAt = now();
        yield event('progress', { ...progress, ...gateway.board.live(row) });
      }
      if (now() - spokenAt >= heartbeatMs) {
        spokenAt = now();
        yield ': still here\n\n';
      }
      await alarm.wait(Math.min(pollMs, heartbeatMs));
      if (!stopped()) await pause(gatherMs);
    }
  } finally {
    for (const end of ends) end();
  }
}

function reload(gateway: Gateway, id: string): Promise<RunRow | null> {
  return gateway.options.database.transaction((transaction) => runRows.find(transaction, id));
}

async function viewOf(gateway: Gateway, row: RunRow): Promise<Run> {
  const artifacts = await gateway.options.database.transaction((transaction) => artifactRows.ofRuns(transaction, [row.id]));
  return runView(row, artifacts, gateway.board.live(row));
}

function event(name: string, data: unknown, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function onAbort(signal: AbortSignal, work: () => void): () => void {
  signal.addEventListener('abort', work);
  return () => signal.removeEventListener('abort', work);
}

/** Wakes one who waits; a ring while nobody waits is not lost. */
class Alarm {
  private rung = false;
  private wake: (() => void) | null = null;

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wake = null;
    this.rung = false;
  }
}
