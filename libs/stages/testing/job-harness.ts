import { createReadStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  blobKey,
  blobRefSchema,
  commandDefinitions,
  encodeEnvelope,
  ulid,
  type BlobRef,
  type CommandData,
  type CommandDefinition,
  type CommandType,
} from '@cfgen/contracts';
import type { Engine } from '@cfgen/compute';
import { createFolderStore, type BlobStore } from '@cfgen/storage';
import type { StepProgress } from '../context';
import type { JobCheckpoint, JobContext, JobHandler, JobOutcome } from '../jobs/job-context';
import { stageHandlers } from '../jobs/stage-definitions';

/** How a job is run, when not to its end in one go. */
export interface JobRun {
  /** What an earlier attempt left. */
  readonly checkpoint?: JobCheckpoint | null;
  /** Called with every checkpoint once it is on record; `stop` aborts the job. */
  readonly onCheckpoint?: (checkpoint: JobCheckpoint, stop: () => void) => void;
  readonly onProgress?: (progress: StepProgress, stop: () => void) => void;
}

/** Runs steps as a service would: messages that fit the contract, a blob store, a folder a job. */
export class JobHarness {
  readonly folder = mkdtempSync(join(tmpdir(), 'cfgen-stages-'));
  readonly blobs: BlobStore;
  private jobs = 0;

  /** @param blobs the store of another harness, to share; a new one by default */
  constructor(
    private readonly engine: () => Promise<Engine>,
    blobs?: BlobStore,
  ) {
    this.blobs = blobs ?? createFolderStore({ folder: join(this.folder, 'store'), now: () => 0 });
  }

  /** Puts a file into the store, as an upload would. */
  async upload(name: string, path: string): Promise<BlobRef> {
    const { sha256, bytes } = await this.blobs.put(createReadStream(path));
    return { name, uri: blobKey(sha256), sha256, bytes, mediaType: 'application/octet-stream', schema: '' };
  }

  async putJson(name: string, schema: string, value: unknown): Promise<BlobRef> {
    const { sha256, bytes } = await this.blobs.put(Buffer.from(JSON.stringify(value)));
    return { name, uri: blobKey(sha256), sha256, bytes, mediaType: 'application/json', schema };
  }

  /** Runs one step; what goes in and comes out must fit the contract. */
  async run<T extends CommandType>(
    type: T,
    data: CommandData<T>,
    inputs: readonly BlobRef[],
    { checkpoint = null, onCheckpoint, onProgress }: JobRun = {},
  ): Promise<JobOutcome<T>> {
    this.jobs += 1;
    requireFit(type, data, inputs);
    const workFolder = join(this.folder, `job-${this.jobs}`);
    mkdirSync(workFolder);
    const controller = new AbortController();
    const stop = (): void => controller.abort();
    const context: JobContext = {
      ...{ version: '1.2.3', memory: 2 ** 30, workFolder, cacheFolder: join(this.folder, 'cache'), blobs: this.blobs },
      engine: this.engine,
      signal: controller.signal,
      progress: (progress) => onProgress?.(progress, stop),
      checkpoint: checkpoint === null ? null : (JSON.parse(JSON.stringify(checkpoint)) as JobCheckpoint),
      commitCheckpoint: async (committed) => {
        for (const ref of committed.refs) await this.blobs.readWhole(blobRefSchema.parse(ref).sha256);
        onCheckpoint?.(committed, stop);
      },
    };
    try {
      const handler = stageHandlers[type] as unknown as JobHandler<T>;
      const request = { runId: 'run', jobId: `job-${this.jobs}`, type, data, inputs: new Map(inputs.map((ref) => [ref.name, ref])) };
      const outcome = await handler(request, context);
      const definition: CommandDefinition = commandDefinitions[type];
      definition.result.parse(outcome.data);
      const names = outcome.outputs.map((ref) => blobRefSchema.parse(ref).name);
      if (names.join() !== definition.outputs.join()) throw new Error(`${type} gave ${names.join()}, not ${definition.outputs.join()}`);
      return outcome;
    } finally {
      rmSync(workFolder, { recursive: true });
    }
  }

  async bytes(ref: BlobRef): Promise<Buffer> {
    return Buffer.from(await this.blobs.readWhole(ref.sha256));
  }

  async json(ref: BlobRef): Promise<unknown> {
    return JSON.parse((await this.bytes(ref)).toString());
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** An output by name. */
export function outputOf(outcome: { readonly outputs: readonly BlobRef[] }, name: string): BlobRef {
  return outcome.outputs.find((ref) => ref.name === name)!;
}

/** The command must be one that can be published. */
function requireFit(type: CommandType, data: unknown, refs: readonly BlobRef[]): void {
  const id = ulid(0, new Uint8Array(10));
  encodeEnvelope({
    ...{ id, type, schemaVersion: 1, occurredAt: '2026-01-01T00:00:00Z', runId: id, jobId: id, idempotencyKey: 'key', correlationId: '' },
    ...{ causationId: '', producer: 'spec', traceparent: '', data: data as Record<string, never>, refs: [...refs] },
  });
}
