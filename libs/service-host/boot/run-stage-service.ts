import 'reflect-metadata';
import { Module, type DynamicModule, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { CfgenError, type StageName } from '@cfgen/contracts';
import { createHealth, type Health, type Metrics } from '@cfgen/observability';
import { HealthController, healthToken, metricsToken } from '../health/health.controller';
import { watchLag } from '../stage/consumer-lag';
import { startStage } from '../stage/stage-runtime';
import { requireTopics } from './checks';
import { nestLog } from './nest-log';
import { openProcess, type ServiceProgram } from './service-process';
import { whenReachable } from './reachable';

@Module({})
class StageServiceModule {
  static register(health: Health, metrics: Metrics): DynamicModule {
    return {
      module: StageServiceModule,
      controllers: [HealthController],
      providers: [
        { provide: healthToken, useValue: health },
        { provide: metricsToken, useValue: metrics },
      ],
    };
  }
}

/** Nest writes to our log, and leaves it to us to end the process. */
const frameOptions: NestApplicationOptions = { logger: false, abortOnError: false };

/** Time that a starting service waits for its servers. */
export const patienceMs = 120_000;
/** A server that does not answer a question about its health in this time does not serve. */
export const healthTimeoutMs = 3000;

/**
 * The whole of a stage service: a process that takes the commands of one stage, on the servers that the configuration names. Ends with the
 * process's exit status when it is told to stop (SIGTERM, SIGINT), and with 1 when it cannot start.
 */
export async function runStageService(stage: StageName, program: ServiceProgram): Promise<void> {
  const process_ = openProcess(`${stage}-service`, program);
  const { configuration, identity, log, metrics } = process_;
  await process_.run(async (closing, tracing) => {
    if (configuration.profile !== 'distributed') {
      throw new CfgenError('CONFIGURATION_INVALID', `the ${stage} service runs with the profile "distributed" only`, {
        hint: 'Set CFGEN_PROFILE=distributed and the addresses of the servers; on one machine use cfgen serve.',
      });
    }
    const ports = await whenReachable('the servers', log, patienceMs, () => process_.openPorts());
    closing.push(() => ports.close());
    await whenReachable('the topics', log, patienceMs, () => requireTopics(ports.bus));
    await whenReachable('the object store', log, patienceMs, () => ports.blobs.check());
    const host = await process_.openComputeHost();
    closing.push(() => host.close());
    watchLag(metrics, ports.bus);
    const runtime = await whenReachable(`the rows of ${stage}`, log, patienceMs, () =>
      startStage({ stage, identity, configuration, ports, host, log, metrics, tracing }),
    );
    closing.push(() => runtime.stop());

    const health = createHealth(
      { stage: () => runtime.check(), blobs: () => ports.blobs.check() },
      { now: () => Date.now(), timeoutMs: healthTimeoutMs },
    );
    const service = StageServiceModule.register(health, metrics);
    const adapter = new FastifyAdapter();
    const app = await NestFactory.create<NestFastifyApplication>(service, adapter, frameOptions);
    app.useLogger(nestLog(log));
    await app.listen(configuration.http.port, configuration.http.host);
    closing.push(() => app.close());
    log.info({ url: await app.getUrl() }, 'ready');
  });
}
