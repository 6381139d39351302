/** The stages of the model, each a service of its own. */
export const stageNames = ['encoder-decoder', 'flow', 'prior', 'evaluation'] as const;
export type StageName = (typeof stageNames)[number];

/** Commands of a stage: imperative, one owner, may be refused. Key: job id. */
export function commandTopic(stage: StageName): string {
  return `cfgen.${stage}.commands.v1`;
}

/** What happened in a stage: facts. Key: run id. */
export function eventTopic(stage: StageName): string {
  return `cfgen.${stage}.events.v1`;
}

/** Where jobs stand: lossy, compacted, at most one a second a job; never drives state. Key: job id. */
export const progressTopic = 'cfgen.jobs.progress.v1';
/** Cancellations; the truth is the row. Key: run id. */
export const controlTopic = 'cfgen.jobs.control.v1';
/** Messages that nobody could read, with the reason. Key: that of the message. */
export const deadLetterTopic = 'cfgen.dlq.v1';

export interface TopicDefinition {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
  readonly compacted: boolean;
  /** Consumer groups that must see every message. Progress has none: whoever wants it listens. */
  readonly groups: readonly string[];
}

const day = 86_400_000;

export const gatewayGroup = 'cfgen.gateway';
export function stageGroup(stage: StageName): string {
  return `cfgen.${stage}`;
}
export function controlGroup(stage: StageName): string {
  return `cfgen.${stage}.control`;
}

/** Every topic there is. Created by `tools/topics`, never by a broker's default; a service that misses one does not start. */
export const topicDefinitions: readonly TopicDefinition[] = [
  ...stageNames.flatMap((stage) => [
    { name: commandTopic(stage), partitions: 12, retentionMs: 7 * day, compacted: false, groups: [stageGroup(stage)] },
    { name: eventTopic(stage), partitions: 12, retentionMs: 7 * day, compacted: false, groups: [gatewayGroup] },
  ]),
  { name: progressTopic, partitions: 3, retentionMs: day, compacted: true, groups: [] },
  { name: controlTopic, partitions: 3, retentionMs: 7 * day, compacted: false, groups: stageNames.map(controlGroup) },
  { name: deadLetterTopic, partitions: 1, retentionMs: 30 * day, compacted: false, groups: [`${gatewayGroup}.dead-letters`] },
];
