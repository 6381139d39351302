import { parentPort, workerData } from 'node:worker_threads';
import type { StopRequests } from '../terminal/interruption';
import type { TextStream } from '../terminal/surroundings';
import { stopMessage, type ResultMessage, type StartMessage, type StreamState } from './messages';

/** What the computing thread has in place of the process: the terminal's streams and the user's wish to stop, by messages. */
export interface ComputingThread {
  readonly argv: readonly string[];
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly stops: StopRequests;
  /** Tells the exit status; the thread then ends when nothing is left to do. */
  end(status: number): void;
}

/** The thread that `supervise` started; undefined in the main thread. */
export function computingThread(): ComputingThread | undefined {
  const port = parentPort;
  if (port === null) return undefined;
  const { argv, stdout, stderr } = workerData as StartMessage;
  const post = (message: ResultMessage): void => port.postMessage(message);
  const stream = (name: 'stdout' | 'stderr', state: StreamState): TextStream => ({
    ...state,
    write: (text) => post({ kind: 'text', stream: name, text }),
  });
  return {
    argv,
    stdout: stream('stdout', stdout),
    stderr: stream('stderr', stderr),
    stops: {
      listen(listener) {
        const received = (message: unknown): void => (message === stopMessage ? listener() : undefined);
        port.on('message', received);
        return () => port.off('message', received);
      },
    },
    end(status) {
      post({ kind: 'status', status });
      port.close();
    },
  };
}
