import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { stageNames, topicDefinitions, type StageName } from '@cfgen/contracts';
import { createInProcessBus, createKafkaBus, type MessageBus } from '@cfgen/messaging';
import type { Logger } from '@cfgen/observability';
import { openDatabase, type Database, type DatabaseContent } from '@cfgen/persistence';
import type { BlobStore } from '@cfgen/storage';
import type { Configuration } from '../configuration/configuration';
import { busLog } from './logs';
import { openBlobs } from './open-blobs';

/** Who owns rows: each of these has a schema (PostgreSQL) or a file (libsql) of its own. */
export type RowOwner = StageName | 'gateway';

/** A process by name, and this one among its replicas. */
export interface Identity {
  /** `encoder-decoder`, ..., `gateway`, or `cfgen` for all in one. */
  readonly service: string;
  /** Unique for this start of this process. */
  readonly instance: string;
  readonly version: string;
}

/** Ports resolved to adapters by the profile. */
export interface Ports {
  readonly bus: MessageBus;
  readonly blobs: BlobStore;
  /** Opens the rows of a service, forward to the newest schema. */
  openRows(owner: RowOwner): Promise<Database>;
  /** Closes everything that was opened, the bus first. */
  close(): Promise<void>;
}

/** The name of a process in logs, leases and messages. */
export function identityOf(service: string, version: string): Identity {
  return { service, version, instance: `${service}@${hostname()}.${process.pid}.${Date.now().toString(36)}` };
}

/** Schema of a service's rows in PostgreSQL, and name of its file with libsql. */
export function rowsName(owner: RowOwner): string {
  return owner.replaceAll('-', '_');
}

export function contentOf(owner: RowOwner): DatabaseContent {
  return owner === 'gateway' ? 'gateway' : 'stage';
}

/** Resolves every port to the adapter of the profile. Nothing is asked of a server yet, except what an adapter needs to exist. */
export async function openPorts(configuration: Configuration, identity: Identity, log: Logger): Promise<Ports> {
  const now = (): number => Date.now();
  const { kafka } = configuration;
  mkdirSync(configuration.dataDir, { recursive: true });
  const bus =
    configuration.profile === 'embedded'
      ? createInProcessBus({ topics: topicDefinitions, now, log: busLog(log) })
      : createKafkaBus({
          brokers: kafka.brokers,
          tls: kafka.tls,
          ...(kafka.user === '' ? {} : { sasl: { mechanism: kafka.mechanism, username: kafka.user, password: kafka.password } }),
          clientId: `cfgen-${identity.service}`,
          instance: identity.instance,
          topics: topicDefinitions,
          sessionTimeoutMs: kafka.sessionSeconds * 1000,
          heartbeatIntervalMs: Math.min(3000, kafka.sessionSeconds * 250),
          now,
          log: busLog(log),
        });
  const blobs = openBlobs(configuration);
  const databases: Database[] = [];
  return {
    bus,
    blobs,
    async openRows(owner) {
      const { dataDir, database } = configuration;
      const rows = await openDatabase({
        location:
          configuration.profile === 'embedded'
            ? { kind: 'libsql', file: join(dataDir, `${rowsName(owner)}.db`) }
            : { kind: 'postgres', url: database.url, schema: rowsName(owner), poolSize: database.poolSize },
        content: contentOf(owner),
        now,
        log: (message) => log.info({}, message),
      });
      databases.push(rows);
      return rows;
    },
    async close() {
      await bus.close();
      await blobs.close();
      for (const database of databases) await database.close();
    },
  };
}

/** All owners of rows, for tools that open them one after the other. */
export const rowOwners: readonly RowOwner[] = [...stageNames, 'gateway'];
