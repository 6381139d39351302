import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError, commandTypes, type CommandType } from '@cfgen/contracts';
import { createEngine, type Engine } from '@cfgen/compute';
import type { ComputeFunction } from '@cfgen/jobs';
import { stageHandlers, type JobContext, type JobHandler, type JobRequest } from '@cfgen/stages';
import type { BlobStore } from '@cfgen/storage';
import { openBlobs } from '../ports/open-blobs';
import type { ComputeConfiguration } from './compute-configuration';

/** What this process keeps between jobs. */
let blobs: BlobStore | undefined;
let engine: Promise<Engine> | undefined;

/** Runs a job in this process: builds the context of its step, and calls the step. */
export const runJob: ComputeFunction = async ({ jobId, command, checkpoint }, context) => {
  const configuration = context.configuration as ComputeConfiguration;
  const type = commandTypes.find((known) => known === command.type);
  if (type === undefined) throw new CfgenError('INTERNAL', `this version does not know the command ${command.type}`);
  const workFolder = join(configuration.scratchFolder, jobId);
  rmSync(workFolder, { recursive: true, force: true });
  mkdirSync(workFolder, { recursive: true });
  mkdirSync(configuration.cacheFolder, { recursive: true });
  blobs ??= openBlobs(configuration.storage);
  const jobContext: JobContext = {
    version: configuration.version,
    memory: configuration.memory,
    workFolder,
    cacheFolder: configuration.cacheFolder,
    blobs,
    engine: () => (engine ??= openEngine(configuration)),
    signal: context.signal,
    progress: (progress) => context.progress(progress),
    checkpoint,
    commitCheckpoint: (committed) => context.commitCheckpoint(committed),
  };
  const request = {
    runId: command.runId,
    jobId,
    type,
    data: command.data,
    inputs: new Map(command.refs.map((ref) => [ref.name, ref])),
  } as unknown as JobRequest<CommandType>;
  try {
    return await (stageHandlers[type] as unknown as JobHandler<CommandType>)(request, jobContext);
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
};

async function openEngine({ engine: name, threads, precision }: ComputeConfiguration): Promise<Engine> {
  return (await createEngine(name, { threads, precision })).engine;
}
