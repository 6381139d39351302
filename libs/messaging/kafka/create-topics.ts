import type { TopicDefinition } from '@cfgen/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import { kafkaClient, patientRetry, type KafkaConnectionOptions } from './kafka-client';
import { kafkaError } from './kafka-errors';

export interface CreateTopicsOptions extends Omit<KafkaConnectionOptions, 'brokers' | 'clientId'> {
  /** Copies of each message. Default 1; a cluster that is to survive a broker has 3. */
  readonly replicationFactor?: number;
  /** Copies that must be written before a publish resolves. Default 1; with 3 copies 2. */
  readonly minInsyncReplicas?: number;
}

export interface CreatedTopics {
  readonly created: readonly string[];
  readonly existing: readonly string[];
  /** Existing topics that are not as defined. They are left alone: the old call for settings resets each one it does not name. */
  readonly different: readonly { readonly topic: string; readonly setting: string; readonly wanted: string; readonly found: string }[];
}

/**
 * Creates the topics that do not exist, with their partitions and retention. What exists is only compared.
 *
 * @throws CfgenError BUS_UNAVAILABLE
 */
export async function createTopics(
  brokers: readonly string[],
  definitions: readonly TopicDefinition[],
  options: CreateTopicsOptions = {},
): Promise<CreatedTopics> {
  const admin = kafkaClient({ ...options, brokers, clientId: 'cfgen-topics' }, patientRetry).admin();
  try {
    await admin.connect();
    const before = new Set(await admin.listTopics());
    const missing = definitions.filter(({ name }) => !before.has(name));
    if (missing.length > 0) {
      await admin.createTopics({
        topics: missing.map((definition) => ({
          topic: definition.name,
          numPartitions: definition.partitions,
          replicationFactor: options.replicationFactor ?? 1,
          configEntries: Object.entries(settingsOf(definition, options)).map(([name, value]) => ({ name, value })),
        })),
      });
    }
    const existing = definitions.filter(({ name }) => before.has(name));
    return {
      created: missing.map(({ name }) => name),
      existing: existing.map(({ name }) => name),
      different: existing.length === 0 ? [] : await differences(admin, existing, options),
    };
  } catch (error) {
    throw kafkaError(`creating topics at ${brokers.join(', ')}`, error);
  } finally {
    await admin.disconnect();
  }
}

function settingsOf({ compacted, retentionMs }: TopicDefinition, { minInsyncReplicas = 1 }: CreateTopicsOptions): Record<string, string> {
  return {
    'cleanup.policy': compacted ? 'compact,delete' : 'delete',
    'retention.ms': String(retentionMs),
    'min.insync.replicas': String(minInsyncReplicas),
  };
}

async function differences(
  admin: Admin,
  definitions: readonly TopicDefinition[],
  options: CreateTopicsOptions,
): Promise<CreatedTopics['different']> {
  const names = definitions.map(({ name }) => name);
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  return definitions.flatMap((definition) => {
    const partitions = topics.find(({ name }) => name === definition.name)?.partitions.length ?? 0;
    const entries = resources.find(({ resourceName }) => resourceName === definition.name)?.configEntries ?? [];
    const found = (setting: string): string =>
      setting === 'partitions' ? String(partitions) : (entries.find(({ configName }) => configName === setting)?.configValue ?? '');
    return Object.entries({ partitions: String(definition.partitions), ...settingsOf(definition, options) })
      .map(([setting, wanted]) => ({ topic: definition.name, setting, wanted, found: found(setting) }))
      .filter((entry) => entry.wanted !== entry.found);
  });
}
