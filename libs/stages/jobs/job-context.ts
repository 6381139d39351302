import type { BlobRef, CommandData, CommandResult, CommandType, Problem } from '@cfgen/contracts';
import type { Engine } from '@cfgen/compute';
import type { BlobStore } from '@cfgen/storage';
import type { StepProgress } from '../context';

/** A state to go on from: a small JSON record, and bytes in the blob store. */
export interface JobCheckpoint {
  /** Counts up within a job. */
  readonly step: number;
  readonly record: Readonly<Record<string, unknown>>;
  readonly refs: readonly BlobRef[];
}

/** What a step gets from whoever runs it as a job. It knows neither messages nor rows. */
export interface JobContext {
  /** Version of CFGen, for provenance. */
  readonly version: string;
  /** Ceiling in bytes for counts held in memory. */
  readonly memory: number;
  /** An empty folder for this job; removed after it. */
  readonly workFolder: string;
  /** A folder of files by content (data sets, models), kept between jobs of this process; files are named by their sha256. */
  readonly cacheFolder: string;
  readonly blobs: BlobStore;
  /** The engine of this process; started at the first call. */
  engine(): Promise<Engine>;
  /** Aborted on cancel, shutdown and loss of the lease: the step stops at the next boundary with INTERRUPTED. */
  readonly signal: AbortSignal;
  progress(progress: StepProgress): void;
  /** The last checkpoint of an earlier attempt, if there is one. */
  readonly checkpoint: JobCheckpoint | null;
  /** Puts a checkpoint on record; resolves once it is. Its blobs must be in the store before. Rejects with LEASE_LOST when the job is no longer ours. */
  commitCheckpoint(checkpoint: JobCheckpoint): Promise<void>;
}

/** What a command asks for. */
export interface JobRequest<T extends CommandType> {
  readonly runId: string;
  readonly jobId: string;
  readonly type: T;
  readonly data: CommandData<T>;
  /** References by name. */
  readonly inputs: ReadonlyMap<string, BlobRef>;
}

/** What its success event tells. */
export interface JobOutcome<T extends CommandType> {
  readonly data: CommandResult<T>;
  readonly outputs: readonly BlobRef[];
}

/** One step of a stage: plain function of command and context. Errors are CfgenErrors; `retryable` says whether another attempt makes sense. */
export type JobHandler<T extends CommandType> = (request: JobRequest<T>, context: JobContext) => Promise<JobOutcome<T>>;

type ReportedProblem = CommandResult<'TrainAutoencoder'>['problems'][number];

/** Characters of JSON that problems may take in a message, and the details of one of them. */
const problemRoom = 24_000;
const detailRoom = 2_000;

/** Problems that were found, as far as a message has room for them: long details are left out, and what comes last. */
export function reported(problems: readonly Problem[]): ReportedProblem[] {
  const kept: ReportedProblem[] = [];
  let room = problemRoom;
  for (const { severity, code, message, hint, details } of problems.slice(0, 50)) {
    const plain = details === undefined ? '' : JSON.stringify(details);
    const problem: ReportedProblem = {
      severity,
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(plain === '' || plain.length > detailRoom ? {} : { details: JSON.parse(plain) as NonNullable<ReportedProblem['details']> }),
    };
    room -= JSON.stringify(problem).length;
    if (room < 0) break;
    kept.push(problem);
  }
  return kept;
}
