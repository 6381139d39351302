// Node finds no names in this package: its values come with the default export.
import kafkajs, { type Kafka, type RetryOptions, type SASLOptions } from 'kafkajs';
import type { BusLog } from '../port/bus-log';
import './idle-timer';

/** Where the brokers are and how to talk to them. */
export interface KafkaConnectionOptions {
  /** `host:port` of one or more brokers. */
  readonly brokers: readonly string[];
  /** Name of the service, as brokers log it. */
  readonly clientId: string;
  readonly tls?: boolean;
  readonly sasl?: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string };
  /** Default 3 s. */
  readonly connectionTimeoutMs?: number;
  /** How long an answer may take. Default 30 s. */
  readonly requestTimeoutMs?: number;
  readonly log?: BusLog;
}

/**
 * Long enough for a broker that was killed to come back (some 25 s), with short steps. Every field is set: what kafkajs takes for missing ones
 * depends on NODE_ENV.
 */
export const patientRetry = { initialRetryTime: 50, maxRetryTime: 1000, factor: 0.2, multiplier: 2, retries: 30 } satisfies RetryOptions;

/** For questions whose asker would rather know at once that nobody answers. */
export const shortRetry = { ...patientRetry, retries: 4 } satisfies RetryOptions;

/** A kafkajs client. Its own log goes to ours, one level down: it calls everything an error that it then tries again. */
export function kafkaClient(options: KafkaConnectionOptions, retry: RetryOptions): Kafka {
  const log = options.log ?? (() => undefined);
  return new kafkajs.Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs ?? 3_000,
    requestTimeout: options.requestTimeoutMs ?? 30_000,
    // Also how long connecting is tried, whatever the settings of a producer, a consumer or an admin client.
    retry,
    logLevel: kafkajs.logLevel.WARN,
    logCreator:
      () =>
      ({ level, namespace, log: { message, timestamp: _timestamp, logger: _logger, ...details } }) =>
        log(level === kafkajs.logLevel.ERROR ? 'info' : 'debug', `kafkajs ${namespace}: ${message}`, details),
    ...(options.tls === true ? { ssl: true } : {}),
    ...(options.sasl === undefined ? {} : { sasl: options.sasl as SASLOptions }),
  });
}
