import { commandTypes, stageNames } from '@cfgen/contracts';
import { createHealth } from '@cfgen/observability';
import { healthTimeoutMs, lockDataFolder, openProcess, startStage, type ServiceProgram } from '@cfgen/service-host';
import { startCollecting } from '../collection/collecting';
import { startGateway } from '../gateway';
import { serveHttp } from '../http/serve-http';
import { gatewayParts } from './gateway-parts';

export interface EmbeddedProgram extends ServiceProgram {
  /** Called once the API answers. */
  readonly onReady: (url: string) => void;
}

/**
 * The whole platform in this process: the gateway and the four stages, on files in one folder; compute in child processes.
 * Ends with the process's exit status when it is told to stop.
 */
export async function serveEmbedded(program: EmbeddedProgram): Promise<void> {
  const serviceProcess = openProcess('cfgen', program);
  const { configuration, identity, log, metrics } = serviceProcess;
  await serviceProcess.run(async (closing, tracing) => {
    const unlock = lockDataFolder(configuration.dataDir);
    closing.push(async () => unlock());
    const ports = await serviceProcess.openPorts();
    closing.push(() => ports.close());
    // The compute processes get ready while the rest starts; a job that comes before them waits.
    const host = serviceProcess.launchComputeHost();
    closing.push(() => host.close());
    const stages = [];
    for (const stage of stageNames) {
      const runtime = await startStage({ stage, identity, configuration, ports, host, log, metrics, tracing, alone: true });
      closing.push(() => runtime.stop());
      stages.push(runtime);
    }
    const database = await ports.openRows('gateway');
    const health = createHealth(
      {
        ...Object.fromEntries(stages.map((runtime) => [runtime.stage, () => runtime.check()])),
        gateway: () => database.check(),
        blobs: () => ports.blobs.check(),
      },
      { timeoutMs: healthTimeoutMs, now: () => Date.now() },
    );
    const parts = gatewayParts(serviceProcess, ports, database, `${configuration.compute.workers} compute processes`);
    const gateway = await startGateway({ ...parts, tracing, health });
    closing.push(() => gateway.stop());
    const stopCollecting = startCollecting(gateway.options, configuration.jobs.keepBlobHours * 3_600_000);
    closing.push(async () => stopCollecting());
    const http = await serveHttp(gateway, configuration.http);
    closing.push(() => http.close());
    log.info({ url: http.url, commands: commandTypes.length }, 'ready');
    program.onReady(http.url);
  });
}
