// Creates every topic of CFGen that does not exist yet:
//
//   npm run topics -- --brokers localhost:9092 [--replication 3] [--min-insync 2] [--tls] [--sasl-mechanism scram-sha-512 --username NAME]
//
// The password of --username comes from CFGEN_KAFKA_PASSWORD.
import { parseArgs } from 'node:util';
import { CfgenError, topicDefinitions } from '@cfgen/contracts';
import { createTopics, type KafkaConnectionOptions } from '@cfgen/messaging';

const options = {
  brokers: { type: 'string' },
  replication: { type: 'string', default: '1' },
  'min-insync': { type: 'string' },
  tls: { type: 'boolean', default: false },
  'sasl-mechanism': { type: 'string', default: 'scram-sha-512' },
  username: { type: 'string' },
} as const;

function read() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new CfgenError('REQUEST_INVALID', error instanceof Error ? error.message : String(error), {
      hint: 'npm run topics -- --brokers host:port [--replication 3]',
    });
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 100) return value;
  throw new CfgenError('REQUEST_INVALID', `--${name} is ${text}, not a whole number from 1 to 100.`);
}

function brokersOf(text: string | undefined): string[] {
  const brokers = (text ?? '').split(',').map((broker) => broker.trim());
  const bad = brokers.find((broker) => !/^[^\s:]+:\d{1,5}$/.test(broker));
  if (bad === undefined) return brokers;
  throw new CfgenError('REQUEST_INVALID', `--brokers is ${text ?? 'missing'}, not host:port or a list of them with commas.`, {
    hint: 'npm run topics -- --brokers localhost:9092',
  });
}

function saslOf(mechanism: string, username: string | undefined): Pick<KafkaConnectionOptions, 'sasl'> {
  if (username === undefined) return {};
  const password = process.env['CFGEN_KAFKA_PASSWORD'];
  if (password === undefined) throw new CfgenError('REQUEST_INVALID', '--username is given, but CFGEN_KAFKA_PASSWORD is not set.');
  if (mechanism !== 'plain' && mechanism !== 'scram-sha-256' && mechanism !== 'scram-sha-512') {
    throw new CfgenError('REQUEST_INVALID', `--sasl-mechanism is ${mechanism}, not plain, scram-sha-256 or scram-sha-512.`);
  }
  return { sasl: { mechanism, username, password } };
}

try {
  const values = read();
  const brokers = brokersOf(values.brokers);
  const replicationFactor = whole('replication', values.replication);
  // One copy may be away without a publish having to wait for it.
  const minInsyncReplicas = whole('min-insync', values['min-insync'] ?? String(Math.max(1, replicationFactor - 1)));
  const { created, existing, different } = await createTopics(brokers, topicDefinitions, {
    replicationFactor,
    minInsyncReplicas,
    tls: values.tls,
    ...saslOf(values['sasl-mechanism'], values.username),
  });
  for (const { name, partitions, retentionMs, compacted } of topicDefinitions) {
    const what = `partitions: ${partitions}, days kept: ${retentionMs / 86_400_000}${compacted ? ', compacted' : ''}`;
    process.stdout.write(`${created.includes(name) ? 'created' : 'exists '} ${name} (${what})\n`);
  }
  for (const { topic, setting, wanted, found } of different) {
    process.stdout.write(`differs ${topic}: ${setting} is ${found}, defined as ${wanted}; left as it is\n`);
  }
  process.stdout.write(`${created.length} created, ${existing.length} there before\n`);
} catch (error) {
  if (!(error instanceof CfgenError)) throw error;
  process.stderr.write(`error ${error.code}: ${error.message}\n${error.hint === undefined ? '' : `hint: ${error.hint}\n`}`);
  process.exitCode = error.exitStatus;
}
