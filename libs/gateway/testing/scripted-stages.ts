import { createHash } from 'node:crypto';
import {
  blobKey,
  cancelJobsSchema,
  cancelJobsType,
  commandDefinitions,
  encodeEnvelope,
  eventTopic,
  parseEnvelope,
  type BlobRef,
  type CommandDefinition,
  type CommandType,
  type Envelope,
} from '@cfgen/contracts';
import type { BlobStore } from '@cfgen/storage';

/** What a spec wants a command to come to. */
export type Script = (command: Envelope) => 'succeed' | 'fail' | 'hold';

export interface Reply {
  readonly topic: string;
  readonly envelope: Envelope;
}

/**
 * Plays the four services: answers commands with events that are valid and name blobs that exist. It computes nothing, and remembers jobs by
 * their idempotency key as the real ones do.
 */
export class ScriptedStages {
  readonly commands: Envelope[] = [];
  readonly cancelled = new Set<string>();
  private readonly seen = new Set<string>();
  private readonly held = new Map<string, Envelope>();

  constructor(
    private readonly blobs: BlobStore,
    private readonly newId: () => string,
    public script: Script = () => 'succeed',
  ) {}

  /** Answers a message of a command topic or of the control topic with what the services would tell. */
  async answer(value: string): Promise<readonly Reply[]> {
    const message = parseEnvelope(value);
    if (message.type === cancelJobsType) return this.cancel(cancelJobsSchema.parse(message.data).jobIds);
    if (this.seen.has(message.idempotencyKey)) return [];
    this.seen.add(message.idempotencyKey);
    this.commands.push(message);
    if (this.cancelled.has(message.jobId)) return [this.event(message, 'JobCancelled', { reason: 'on arrival' })];
    const started = this.event(message, 'JobStarted', { attempt: 1, worker: 'scripted' });
    switch (this.script(message)) {
      case 'hold':
        this.held.set(message.jobId, message);
        return [started];
      case 'fail':
        return [started, this.event(message, 'JobFailed', { error: lossError, attempts: 1 })];
      case 'succeed':
        return [started, ...(await this.checkpoints(message)), await this.success(message)];
    }
  }

  /** Lets a held job succeed. */
  async release(): Promise<readonly Reply[]> {
    const held = [...this.held.values()];
    this.held.clear();
    return Promise.all(held.map((command) => this.success(command)));
  }

  private cancel(jobIds: readonly string[]): readonly Reply[] {
    return jobIds.flatMap((jobId) => {
      this.cancelled.add(jobId);
      const command = this.held.get(jobId);
      this.held.delete(jobId);
      return command === undefined ? [] : [this.event(command, 'JobCancelled', { reason: 'asked to' })];
    });
  }

  /** Trainings keep checkpoints; the jobs of a chunk are too short for them. */
  private async checkpoints(command: Envelope): Promise<readonly Reply[]> {
    if (!command.type.startsWith('Train')) return [];
    const state = await this.blob('state', `checkpoint of ${command.idempotencyKey}`);
    return [this.event(command, 'CheckpointCommitted', { step: 1 }, [state])];
  }

  private async success(command: Envelope): Promise<Reply> {
    const definition: CommandDefinition = commandDefinitions[command.type as CommandType];
    const names = definition.outputs.map((name) => name.replace('?', ''));
    // The same work gives the same bytes, whatever job it is done by.
    const work = JSON.stringify([command.type, command.data, command.refs.map(({ sha256 }) => sha256)]);
    const outputs = await Promise.all(names.map((name) => this.output(name, work)));
    return this.event(command, definition.succeeds, this.result(command), outputs);
  }

  private async output(name: string, work: string): Promise<BlobRef> {
    if (name === 'inspection') return this.blob(name, JSON.stringify(inspection));
    if (name !== 'model') return this.blob(name, `${name} of ${work}`);
    const description = { attributes: [{ name: 'cell_type', role: 'label', categories: ['B', 'T'] }], provenance: { seed: 1 } };
    const files = {
      'model.json': await this.blob('model-json', JSON.stringify(description)),
      'README.md': await this.blob('card', `# A model\n${work}`),
    };
    return this.blob(name, JSON.stringify({ files }), 'cfgen.model.v1');
  }

  private result(command: Envelope): Readonly<Record<string, unknown>> {
    const { data } = command;
    const cells = typeof data['cells'] === 'number' ? data['cells'] : 100;
    const problems = [{ severity: 'note', code: 'scripted', message: 'nothing was computed' }];
    const attributes = [{ name: 'cell_type', role: 'label', categories: ['B', 'T'] }];
    const results: Readonly<Record<CommandType, Readonly<Record<string, unknown>>>> = {
      InspectCells: { cells: 3, features: 2, format: 'h5ad', contentSha256: 'abc', problems },
      TrainAutoencoder: { cells: 100, features: 10, epochs: 5, bestEpoch: 4, stoppedEarly: false, problems },
      EncodeCells: { cells: 100, latent: 4, problems: [] },
      FitPriors: { cells: 100, attributes: [{ name: 'cell_type', categories: 2 }], problems: [] },
      TrainFlow: { steps: 10, loss: 0.5, problems: [] },
      AssembleModel: { modelSha256: sha256Of('model'), cells: 100, features: 10, attributes },
      DrawConditions: { cells, chunks: Math.ceil(cells / Number(data['chunkCells'] ?? cells)), problems: [] },
      SampleLatents: { chunk: Number(data['chunk'] ?? 0), cells: 10, evaluations: 5 },
      DecodeCells: { chunk: Number(data['chunk'] ?? 0), cells: 10, nonzeros: 20, total: 30 },
      AssembleCells: { cells: 100, features: 10, nonzeros: 200, total: 300, format: data['format'] === 'zarr' ? 'zarr.zip' : 'h5ad' },
      ImportModel: { modelSha256: sha256Of('imported'), cells: 100, features: 10, attributes, problems: [] },
      PlanAugmentation: { real: 100, cells: 50, chunks: 2, problems },
      AssembleAugmented: { cells: 150, real: 100, generated: 50, features: 10 },
      CorrectCells: { figures: { cells: 100, 'round trip, half of the cells': 1e-5 }, problems },
      ImputeCells: { figures: { cells: 100, 'round trip, half of the cells': 1e-5 }, problems },
      EvaluateAugmentation: { figures: { 'celltypist.gain': 0.1 }, problems: [] },
      EvaluateCells: { figures: { rwd: 0.1, mmd: null }, problems },
      SweepGuidance: { figures: { 'weight cell_type': 1.5, 'mean agreement': 0.9 }, problems },
      ScoreIntegration: { figures: { ilisi: 0.5, kbet: null }, problems },
    };
    return results[command.type as CommandType];
  }

  private async blob(name: string, text: string, schema = ''): Promise<BlobRef> {
    const { sha256, bytes } = await this.blobs.put(new TextEncoder().encode(text));
    return { name, uri: blobKey(sha256), sha256, bytes, mediaType: 'application/octet-stream', schema };
  }

  private event(command: Envelope, type: string, data: Readonly<Record<string, unknown>>, refs: readonly BlobRef[] = []): Reply {
    const envelope: Envelope = {
      ...command,
      id: this.newId(),
      type,
      idempotencyKey: `${command.jobId}/${type}`,
      causationId: command.id,
      producer: 'scripted',
      data: data as Envelope['data'],
      refs: [...refs],
    };
    encodeEnvelope(envelope);
    return { topic: eventTopic(commandDefinitions[command.type as CommandType].stage), envelope };
  }
}

/** What these services find in any file. */
const inspection = {
  path: '/var/cache/worker/abc',
  cells: 3,
  obs: [
    { name: 'cell_type', label: { usable: true } },
    { name: 'barcode', label: { usable: false, reason: 'every cell has another value' } },
  ],
};

/** What a failed job of these services says. */
export const lossError = { code: 'TRAINING_DIVERGED', message: 'the loss is not a number', retryable: false, details: {} } as const;

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
