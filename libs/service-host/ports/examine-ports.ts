import { join, resolve } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { silentLogger } from '@cfgen/observability';
import { askDatabase } from '@cfgen/persistence';
import { requireTopics } from '../boot/checks';
import { loadConfiguration, type Flags } from '../configuration/load-configuration';
import { identityOf, openPorts } from './ports';

/** A port, what it is resolved to, and what is wrong with it. */
export interface PortState {
  readonly port: 'messages' | 'rows' | 'blobs';
  /** In words, without secrets. */
  readonly adapter: string;
  /** Null: it answers, or is made at the first start. */
  readonly problem: string | null;
}

/** The platform as it would be started here. */
export interface PlatformState {
  readonly profile: 'embedded' | 'distributed';
  readonly ports: readonly PortState[];
}

const patienceMs = 8000;

/**
 * Resolves the ports by the configuration, and asks each server whether it answers. Nothing is changed; only a missing bucket is created.
 *
 * @throws CfgenError CONFIGURATION_INVALID
 */
export async function examinePorts(environment: Readonly<Record<string, string | undefined>>, flags: Flags = {}): Promise<PlatformState> {
  const configuration = loadConfiguration(environment, flags);
  const { profile, dataDir, kafka, s3, database } = configuration;
  if (profile === 'embedded') {
    return {
      profile,
      ports: [
        { port: 'messages', adapter: 'within the process', problem: null },
        { port: 'rows', adapter: `libsql files in ${resolve(dataDir)}`, problem: null },
        { port: 'blobs', adapter: `folder ${join(resolve(dataDir), 'blobs')}`, problem: null },
      ],
    };
  }
  const ports = await openPorts(configuration, identityOf('doctor', ''), silentLogger);
  try {
    const [messages, rows, blobs] = await Promise.all([
      problemOf(() => requireTopics(ports.bus)),
      problemOf(() => askDatabase({ kind: 'postgres', url: database.url, schema: 'gateway', poolSize: 2 }, 'gateway')),
      problemOf(() => ports.blobs.check()),
    ]);
    const { host, pathname } = new URL(database.url);
    return {
      profile,
      ports: [
        { port: 'messages', adapter: `Kafka at ${kafka.brokers.join(', ')}`, problem: messages },
        { port: 'rows', adapter: `PostgreSQL at ${host}${pathname}`, problem: rows },
        { port: 'blobs', adapter: `bucket ${s3.bucket} at ${s3.endpoint}`, problem: blobs },
      ],
    };
  } finally {
    await ports.close();
  }
}

async function problemOf(question: () => Promise<void>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((done) => {
    timer = setTimeout(() => done(`no answer within ${patienceMs / 1000} s`), patienceMs);
  });
  try {
    return await Promise.race([question().then(() => null), late]);
  } catch (error) {
    return error instanceof CfgenError ? `${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}` : String(error);
  } finally {
    clearTimeout(timer);
  }
}
