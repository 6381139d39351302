import type { MessageBus } from '@cfgen/messaging';
import type { Logger, Metrics, Health, Tracing } from '@cfgen/observability';
import type { Database } from '@cfgen/persistence';
import type { BlobStore } from '@cfgen/storage';

/** What a composition root passes to the gateway: resolved ports, and what only it knows. */
export interface GatewayOptions {
  /** Opened with content `gateway`. */
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly bus: MessageBus;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new ULID. */
  readonly newId: () => string;
  /** In [0, 1), for the jitter of pauses. */
  readonly random: () => number;
  /** This process among its replicas; unique for each start. */
  readonly instance: string;
  readonly version: string;
  readonly profile: 'embedded' | 'distributed';
  /** What computes, in words, for `GET /v1/system`. */
  readonly engine: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** A request that starts a run is the root of the run's trace; left out: no traces. */
  readonly tracing?: Tracing;
  /** Asked by `/livez` and `/readyz`; left out: bus, store, database and outbox are asked. */
  readonly health?: Health;
  /** Largest upload in bytes; 50 GiB when left out. */
  readonly uploadBytes?: number;
  /** Ended runs' messages and lapsed keys are forgotten after so long; 30 days when left out. */
  readonly keepMs?: number;
  /** Between two looks at runs that do not move, and at what others wrote; 30 s and 1 s when left out. */
  readonly sweepMs?: number;
  readonly pollMs?: number;
  /** Between two signs of life on an event stream; 15 s when left out. */
  readonly heartbeatMs?: number;
}
