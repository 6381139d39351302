import type { Client, DataSet } from '@cfgen/client';
import { CfgenError, ulidPattern } from '@cfgen/contracts';
import type { ProgressDisplay } from '../terminal/progress';

/** What work on a server needs of its surroundings. */
export interface ServerWork {
  readonly client: Client;
  readonly display: ProgressDisplay;
  readonly signal: AbortSignal;
  /** The command that does something with a run of this server, for the user to type. */
  runCommand(word: 'watch' | 'cancel' | 'retry', id: string): string;
}

const millisecondsBetweenLooks = 500;

/**
 * The data set on the server for what the user named: a local file is uploaded, an id is taken as it is.
 *
 * @returns the id, once the data set can be used
 * @throws CfgenError INPUT_NOT_FOUND, and what the data set is refused for
 */
export async function dataSetFor(work: ServerWork, what: string, kind: DataSet['kind'] = 'cells'): Promise<string> {
  const dataSet = ulidPattern.test(what) ? await work.client.getDataSet(what, work) : await uploaded(work, what, { kind });
  return (await checked(work, dataSet)).id;
}

/** Uploads a file and shows how far it is. */
export function uploaded(
  work: ServerWork,
  path: string,
  options: { readonly kind: DataSet['kind']; readonly name?: string },
): Promise<DataSet> {
  const { client, display, signal } = work;
  return client.uploadFile(path, {
    ...options,
    signal,
    onProgress: (done, total) => display.report({ stage: 'upload', done: kibibytes(done), total: kibibytes(total), unit: 'KiB' }),
  });
}

/** Waits until the server has read a data set. */
export async function checked({ client, display, signal }: ServerWork, dataSet: DataSet): Promise<DataSet> {
  let current = dataSet;
  while (current.state === 'validating') {
    display.report({ stage: 'check', done: 0, total: 1, unit: 'files' });
    await pause(millisecondsBetweenLooks, signal);
    current = await client.getDataSet(dataSet.id, { signal });
  }
  for (const problem of current.problems) display.tell(problem);
  if (current.state === 'ready') return current;
  const { code, message, hint, details } = current.error ?? { code: 'INPUT_UNSUPPORTED', message: `the server refuses ${current.name}` };
  throw new CfgenError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...details, dataSet: current.id },
  });
}

export function kibibytes(bytes: number): number {
  return Math.ceil(bytes / 1024);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
