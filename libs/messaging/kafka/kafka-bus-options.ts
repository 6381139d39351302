import type { TopicDefinition } from '@cfgen/contracts';
import type { KafkaConnectionOptions } from './kafka-client';

export interface KafkaBusOptions extends KafkaConnectionOptions {
  /** Name of this process among those of the service; part of the client id. */
  readonly instance: string;
  readonly now: () => number;
  /** Whose groups `lag` tells, beside those subscribed here. */
  readonly topics?: readonly TopicDefinition[];
  /** How long a publish and a consumer keep trying. Default: some 25 s. */
  readonly retries?: number;
  /** A member that gives no sign of life for so long loses its partitions. Default 45 s. */
  readonly sessionTimeoutMs?: number;
  /** Default 3 s. */
  readonly heartbeatIntervalMs?: number;
  /** How long a fetch waits for messages; also how long `close`, `resume` and a redelivery may wait for a fetch. Default 1 s. */
  readonly maxWaitMs?: number;
  /** Partitions whose handlers run side by side in one subscription. Default 4. */
  readonly partitionsAtOnce?: number;
  /** Pause before a message whose handler failed comes again; doubles with each failure. Default 500 ms. */
  readonly redeliveryDelayMs?: number;
  /** Default 30 s. */
  readonly longestRedeliveryDelayMs?: number;
  /** How long `close` waits for handlers and for sends, each. Default 10 s. */
  readonly closeTimeoutMs?: number;
}
