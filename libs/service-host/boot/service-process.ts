import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { ComputeHost } from '@cfgen/jobs';
import { createLogger, createMetrics, createTracing, type Logger, type Metrics, type Tracing } from '@cfgen/observability';
import type { ComputeConfiguration } from '../compute/compute-configuration';
import { prepareScratch, pruneCache, scratchFolderOf } from '../compute/scratch-folders';
import { computeShare, type Configuration } from '../configuration/configuration';
import { loadConfiguration, type Flags } from '../configuration/load-configuration';
import { identityOf, openPorts, type Identity, type Ports } from '../ports/ports';

/** What a composition root knows and a library does not. */
export interface ServiceProgram {
  readonly version: string;
  /** File that computes jobs: the bundle of `compute/child-entry.ts`. */
  readonly computeEntry: string;
  /** Arguments of Node for it: a loader where it is run from source. */
  readonly computeArguments?: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags?: Flags;
}

/** What a process closes when it ends, the last first. */
export type Closing = (() => Promise<void>)[];

/** A service's process: its configuration, log and metrics, and how it starts and ends. */
export interface ServiceProcess {
  readonly configuration: Configuration;
  readonly identity: Identity;
  readonly log: Logger;
  readonly metrics: Metrics;
  openPorts(): Promise<Ports>;
  /** Starts the compute processes and waits until the first is ready. @throws CfgenError COMPUTE_CRASHED when it does not get ready */
  openComputeHost(): Promise<ComputeHost>;
  /** The same without waiting: whether they get ready is a matter of health. */
  launchComputeHost(): ComputeHost;
  /**
   * Runs `start`, then waits until the process is told to stop, then closes what was opened, the last first. An error of `start` is logged
   * and ends the process with status 1.
   */
  run(start: (closing: Closing, tracing: Tracing) => Promise<void>): Promise<void>;
}

/** Reads the configuration; a mistake in it is told in one line and ends the process with status 2. */
export function openProcess(service: string, program: ServiceProgram): ServiceProcess {
  const identity = identityOf(service, program.version);
  const configuration = configurationOrExit(program);
  const log = createLogger({ service, instance: identity.instance, version: program.version, level: configuration.log.level });
  const metrics = createMetrics({ service });
  const newHost = (): ComputeHost => {
    prepareScratch(configuration.dataDir);
    keepCacheSmall(configuration, log);
    return new ComputeHost({
      size: configuration.compute.workers,
      entry: program.computeEntry,
      execArgv: program.computeArguments ?? [],
      configuration: computeConfiguration(configuration, program.version),
      log,
    });
  };
  return {
    configuration,
    identity,
    log,
    metrics,
    openPorts: () => openPorts(configuration, identity, log),
    async openComputeHost() {
      const host = newHost();
      await host.start();
      return host;
    },
    launchComputeHost() {
      const host = newHost();
      host.start().catch((error: unknown) => log.error({ error }, 'no compute process is ready'));
      return host;
    },
    async run(start) {
      const closing: Closing = [];
      const stopped = stopSignal(log);
      let status = 0;
      try {
        const tracing = await createTracing({
          service,
          version: program.version,
          ...(configuration.otlpUrl === '' ? {} : { exporterUrl: configuration.otlpUrl }),
        });
        closing.push(() => tracing.close());
        const starting = start(closing, tracing);
        // Told to stop while it waits for its servers, it stops; what becomes of the start no longer matters then.
        starting.catch(() => undefined);
        await Promise.race([starting.then(() => stopped), stopped]);
      } catch (error) {
        log.error({ error }, 'the service cannot go on');
        status = error instanceof CfgenError ? error.exitStatus : 1;
      }
      for (const close of closing.reverse()) {
        await close().catch((error: unknown) => log.error({ error }, 'could not be closed in good order'));
      }
      rmSync(scratchFolderOf(configuration.dataDir), { recursive: true, force: true });
      log.info({}, 'stopped');
      process.exit(status);
    },
  };
}

function configurationOrExit({ environment, flags, version }: ServiceProgram): Configuration {
  try {
    return loadConfiguration(environment, flags);
  } catch (error) {
    createLogger({ service: 'configuration', instance: '', version, level: 'info' }).error({ error }, 'the configuration cannot be used');
    process.exit(2);
  }
}

function cacheFolderOf(dataDir: string): string {
  return join(dataDir, 'cache');
}

/** What every compute process is told. */
export function computeConfiguration(configuration: Configuration, version: string): ComputeConfiguration {
  const { profile, dataDir, s3, imports, compute } = configuration;
  return {
    version,
    storage: { profile, dataDir, s3, imports },
    engine: compute.engine,
    precision: compute.precision,
    ...computeShare(compute),
    scratchFolder: scratchFolderOf(dataDir),
    cacheFolder: cacheFolderOf(dataDir),
  };
}

const pruneEveryMs = 600_000;

/** Looks now and every ten minutes. */
function keepCacheSmall({ dataDir, compute }: Configuration, log: Logger): void {
  const prune = (): void => {
    try {
      const bytes = pruneCache(cacheFolderOf(dataDir), compute.cache);
      if (bytes > 0) log.info({ bytes }, 'the cache of data sets and models was made smaller');
    } catch (error) {
      log.warn({ error }, 'the cache of data sets and models could not be made smaller');
    }
  };
  prune();
  setInterval(prune, pruneEveryMs).unref();
}

/** Resolves at the first SIGTERM or SIGINT. A second one ends the process at once. */
function stopSignal(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(130);
      stopping = true;
      log.info({ signal }, 'stopping');
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
