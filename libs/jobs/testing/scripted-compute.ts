import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CfgenError, blobKey, type BlobRef, type ErrorCode } from '@cfgen/contracts';
import type { ComputeContext, ComputeFunction } from '../compute/serve-compute';
import type { ComputeOutcome, ComputeRequest } from '../compute/protocol';

/** One thing that a scripted job does. Steps without an end of their own are followed by the next; after the last the job succeeds. */
export type ScriptStep =
  | { readonly do: 'fail'; readonly code: ErrorCode; readonly retryable: boolean }
  | { readonly do: 'throw' }
  | { readonly do: 'exit'; readonly status: number }
  | { readonly do: 'kill' }
  | { readonly do: 'fill-memory' }
  | { readonly do: 'busy-loop' }
  /** Reports progress meanwhile, and stops when it is aborted. */
  | { readonly do: 'work'; readonly ms: number }
  /** Waits in silence, and does not stop, until a later attempt at the same job has begun. */
  | { readonly do: 'outlive' }
  /** Waits in silence, and does not stop. */
  | { readonly do: 'ignore-all'; readonly ms: number }
  | { readonly do: 'checkpoint'; readonly step: number }
  /** When aborted: commits this checkpoint, then stops. */
  | { readonly do: 'work-then-checkpoint'; readonly ms: number; readonly step: number }
  | { readonly do: 'bad-result' };

/** What a job does in its first attempt, its second, and so on; the last goes for all further ones. */
export interface Script {
  readonly attempts: readonly (readonly ScriptStep[])[];
}

/** What a job left behind about each attempt. */
export interface AttemptNote {
  readonly jobId: string;
  readonly pid: number;
  /** Step of the checkpoint it was given. */
  readonly from: number | null;
}

export interface ScriptedConfiguration {
  /** Folder of the notes. */
  readonly folder: string;
}

export function attemptNotes(folder: string): AttemptNote[] {
  try {
    const lines = readFileSync(join(folder, 'attempts.jsonl'), 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as AttemptNote);
  } catch {
    return [];
  }
}

export function fakeRef(name: string, digit = '0'): BlobRef {
  const sha256 = digit.repeat(64);
  return { name, uri: blobKey(sha256), sha256, bytes: 1, mediaType: 'application/octet-stream', schema: '' };
}

/** Does what the settings of its command say. */
export const scriptedCompute: ComputeFunction = async (request, context) => {
  const { folder } = context.configuration as ScriptedConfiguration;
  const note: AttemptNote = { jobId: request.jobId, pid: process.pid, from: request.checkpoint?.step ?? null };
  appendFileSync(join(folder, 'attempts.jsonl'), `${JSON.stringify(note)}\n`);
  const attempt = attemptNotes(folder).filter(({ jobId }) => jobId === request.jobId).length;
  const { attempts } = request.command.data.settings as unknown as Script;
  for (const step of attempts[Math.min(attempt, attempts.length) - 1] ?? []) {
    const outcome = await perform(step, request, context);
    if (outcome !== null) return outcome;
  }
  return success(request);
};

function success(request: ComputeRequest): ComputeOutcome {
  return {
    data: { steps: request.checkpoint?.step ?? 0, loss: null, problems: [] },
    outputs: [fakeRef('flow', 'a'), fakeRef('flow-training', 'b')],
  };
}

async function perform(step: ScriptStep, request: ComputeRequest, context: ComputeContext): Promise<ComputeOutcome | null> {
  switch (step.do) {
    case 'fail':
      throw new CfgenError(step.code, 'as the script says', { retryable: step.retryable, hint: 'Change the script.' });
    case 'throw':
      throw new TypeError('the script is wrong');
    case 'exit':
      process.exit(step.status);
      break;
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      await pause(60_000);
      break;
    case 'fill-memory': {
      const held: number[][] = [];
      for (;;) held.push(Array.from({ length: 100_000 }, (_, i) => i + held.length));
    }
    case 'busy-loop':
      for (;;);
    case 'work':
      await work(step.ms, context);
      return null;
    case 'outlive': {
      const { folder } = context.configuration as ScriptedConfiguration;
      while (attemptNotes(folder).findLast(({ jobId }) => jobId === request.jobId)?.pid === process.pid) await pause(20);
      return null;
    }
    case 'ignore-all':
      await pause(step.ms);
      return null;
    case 'checkpoint':
      await commit(step.step, request, context);
      return null;
    case 'work-then-checkpoint':
      try {
        await work(step.ms, context);
      } catch (error) {
        await commit(step.step, request, context);
        throw error;
      }
      return null;
    case 'bad-result':
      return { data: { steps: 'many' }, outputs: [fakeRef('flow'), fakeRef('flow-training')] };
  }
  return null;
}

async function work(ms: number, { progress, signal }: ComputeContext): Promise<void> {
  const slices = Math.max(1, Math.ceil(ms / 20));
  for (let done = 0; done < slices; done++) {
    progress({ stage: 'flow', done, total: slices, unit: 'steps', figures: { loss: 1 / (done + 1), broken: Number.NaN } });
    await pause(20);
    signal.throwIfAborted();
  }
}

async function commit(step: number, { jobId }: ComputeRequest, context: ComputeContext): Promise<void> {
  await context.commitCheckpoint({ step, record: { step, jobId }, refs: [fakeRef('state', 'c')] });
}
