import v8 from 'node:v8';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { CfgenError } from '@cfgen/contracts';
import { asCfgenError } from '../terminal/messages';
import { stopMessage, type ResultMessage, type StartMessage, type StreamState } from './messages';

/** Signals by which a user or a machine asks a program to stop. */
const stopSignals = ['SIGINT', 'SIGTERM'] as const;
const interruptedStatus = 130;
/** After this long without an end the user is told why. */
const patienceMilliseconds = 2000;
const stillBusy = '\nwaiting for a piece of work that cannot be cut short; press Ctrl-C again to end at once\n';
/** Cursor shown and long lines wrapped again, on a new line: what a bar leaves behind when it is cut off. */
const restoredTerminal = '\u001b[?25h\u001b[?7h\n';

/**
 * Runs the program in a thread of its own, so that this one is always there for signals: a step that reads a large file or fits a
 * forest serves none for seconds. The first signal asks the step to stop, a second one ends the process at once.
 *
 * @param program file of the program, which finds itself in a worker thread
 * @returns the exit status
 * @throws CfgenError MEMORY_EXCEEDED, or INTERNAL when the thread breaks down
 */
export async function supervise(program: URL, argv: readonly string[]): Promise<number> {
  const { stdout, stderr } = process;
  const start: StartMessage = { argv, stdout: stateOf(stdout), stderr: stateOf(stderr) };
  const worker = new Worker(program, {
    workerData: start,
    // The process's own environment, not a copy: compiled libraries read their settings there.
    env: SHARE_ENV,
    // The heap that was asked for (--max-old-space-size) is meant for the thread that does the work.
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(v8.getHeapStatistics().heap_size_limit / 2 ** 20) },
  });
  let stopping = false;
  const stop = (): void => {
    if (stopping) {
      if (stderr.isTTY) stderr.write(restoredTerminal);
      process.exit(interruptedStatus);
    }
    stopping = true;
    worker.postMessage(stopMessage);
    setTimeout(() => stderr.write(stillBusy), patienceMilliseconds).unref();
  };
  for (const signal of stopSignals) process.on(signal, stop);
  try {
    return await new Promise<number>((resolve, reject) => {
      let status: number | undefined;
      worker.on('message', (message: ResultMessage) => {
        if (message.kind === 'status') status = message.status;
        else process[message.stream].write(message.text);
      });
      worker.on('error', (cause: unknown) => reject(breakdown(cause)));
      worker.on('exit', (code) =>
        status === undefined ? reject(breakdown(`the computing thread ended with status ${code}`)) : resolve(status),
      );
    });
  } finally {
    for (const signal of stopSignals) process.off(signal, stop);
  }
}

function stateOf(stream: NodeJS.WriteStream): StreamState {
  return { isTTY: stream.isTTY, columns: stream.columns };
}

function breakdown(cause: unknown): CfgenError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new CfgenError('MEMORY_EXCEEDED', 'the memory that Node allows itself is used up', {
      hint: 'Give it more, such as NODE_OPTIONS=--max-old-space-size=8192, or lower --memory.',
      cause,
    });
  }
  return asCfgenError(cause);
}
