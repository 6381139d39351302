import {
  cancelJobsType,
  commandDefinitions,
  commandOfEvent,
  commandsOf,
  commandTopic,
  commandTypes,
  controlTopic,
  deadLetterTopic,
  eventDefinitions,
  eventTopic,
  jobProgressType,
  progressTopic,
  stageNames,
  topicDefinitions,
  type StageName,
} from '@cfgen/contracts';
import type { Schema } from './compatibility/schemas';

/** The types of message on a topic. */
function typesOn(topic: string): readonly string[] {
  const stage = stageNames.find((name) => commandTopic(name) === topic || eventTopic(name) === topic);
  if (stage !== undefined) return commandTopic(stage) === topic ? commandsOf(stage) : eventsOf(stage);
  if (topic === progressTopic) return [jobProgressType];
  return topic === controlTopic ? [cancelJobsType] : [];
}

/** Successes of the commands of a stage, and the facts about jobs that every stage tells. */
function eventsOf(stage: StageName): string[] {
  return Object.keys(eventDefinitions).filter((type) => {
    const command = commandOfEvent(type);
    return command === undefined || commandDefinitions[command].stage === stage;
  });
}

/** The AsyncAPI 3.0 document of all topics and messages. Payloads are the files in `messages/`, beside the document. */
export function asyncApiDocument(version: string): Schema {
  const types = [...new Set(topicDefinitions.flatMap(({ name }) => typesOn(name)))];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'CFGen',
      version,
      description:
        'Commands and events between the services. At least once, in order per key. Within v1 only additions are made: readers ignore fields they do not know.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      topicDefinitions.map(({ name, partitions, retentionMs, compacted }) => [
        name,
        {
          address: name,
          messages: Object.fromEntries(messagesOn(name).map((type) => [type, { $ref: `#/components/messages/${type}` }])),
          bindings: {
            kafka: {
              partitions,
              topicConfiguration: { 'cleanup.policy': [compacted ? 'compact' : 'delete'], 'retention.ms': retentionMs },
              bindingVersion: '0.5.0',
            },
          },
        },
      ]),
    ),
    operations: Object.fromEntries(
      topicDefinitions.map(({ name, groups }) => [
        `consume ${name}`.replaceAll(/[^\w]+(\w)/g, (_, letter: string) => letter.toUpperCase()),
        {
          action: 'receive',
          channel: { $ref: `#/channels/${name}` },
          summary: groups.length === 0 ? 'Whoever wants to see it listens; nobody has to.' : `Consumed by ${groups.join(', ')}.`,
          messages: messagesOn(name).map((type) => ({ $ref: `#/channels/${name}/messages/${type}` })),
        },
      ]),
    ),
    components: {
      messages: { ...Object.fromEntries(types.map((type) => [type, messageOf(type)])), DeadLetter: deadLetter },
    },
  };
}

function messagesOn(topic: string): readonly string[] {
  return topic === deadLetterTopic ? ['DeadLetter'] : typesOn(topic);
}

function messageOf(type: string): Schema {
  return {
    name: type,
    title: type,
    summary: summaryOf(type),
    payload: {
      allOf: [
        { $ref: './messages/envelope.json' },
        { type: 'object', properties: { type: { const: type }, data: { $ref: `./messages/${type}.json` } } },
      ],
    },
  };
}

function summaryOf(type: string): string {
  const command = commandTypes.find((name) => name === type);
  if (command !== undefined) {
    const { inputs, succeeds, stage } = commandDefinitions[command];
    return `Command to the ${stage} service; takes the references ${inputs.join(', ')}; its success is ${succeeds}.`;
  }
  const done = commandOfEvent(type);
  if (done !== undefined) return `Success of ${done}; holds the references ${commandDefinitions[done].outputs.join(', ')}.`;
  if (type === jobProgressType) return 'Where a job stands; lossy, at most one a second a job.';
  return type === cancelJobsType ? 'Jobs that are to stop; a hint, the truth is the row.' : 'A fact about a job of any command.';
}

/** Not in an envelope: what was put aside may not have had one. */
const deadLetter: Schema = {
  name: 'DeadLetter',
  title: 'DeadLetter',
  summary: 'A message that nobody could read, as it came, and why.',
  payload: {
    type: 'object',
    required: ['topic', 'partition', 'offset', 'key', 'value', 'truncated', 'headers', 'group', 'reason', 'failedAt'],
    properties: {
      topic: { type: 'string' },
      partition: { type: 'integer' },
      offset: { type: 'string' },
      key: { type: 'string' },
      value: { type: 'string', description: 'Cut to 48 KiB when it is larger.' },
      truncated: { type: 'boolean' },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      group: { type: 'string' },
      reason: { type: 'string' },
      failedAt: { type: 'string', format: 'date-time' },
    },
  },
};
