import { CfgenError } from '@cfgen/contracts';
import { openProcess, patienceMs, requireTopics, watchLag, whenReachable, type ServiceProgram } from '@cfgen/service-host';
import { startCollecting } from '../collection/collecting';
import { startGateway } from '../gateway';
import { serveHttp } from '../http/serve-http';
import { gatewayParts } from './gateway-parts';

/** The whole of the gateway of a cluster: the HTTP API, and the runs, on the servers that the configuration names. */
export async function runGateway(program: ServiceProgram): Promise<void> {
  const serviceProcess = openProcess('gateway', program);
  const { configuration, log, metrics } = serviceProcess;
  await serviceProcess.run(async (closing, tracing) => {
    if (configuration.profile !== 'distributed') {
      throw new CfgenError('CONFIGURATION_INVALID', 'the gateway runs with the profile "distributed" only', {
        hint: 'Set CFGEN_PROFILE=distributed and the addresses of the servers; on one machine use cfgen serve.',
      });
    }
    const ports = await whenReachable('the servers', log, patienceMs, () => serviceProcess.openPorts());
    closing.push(() => ports.close());
    await whenReachable('the topics', log, patienceMs, () => requireTopics(ports.bus));
    await whenReachable('the object store', log, patienceMs, () => ports.blobs.check());
    const database = await whenReachable('the rows of the gateway', log, patienceMs, () => ports.openRows('gateway'));
    watchLag(metrics, ports.bus);
    const gateway = await startGateway({ ...gatewayParts(serviceProcess, ports, database, 'services'), tracing });
    closing.push(() => gateway.stop());
    const stopCollecting = startCollecting(gateway.options, configuration.jobs.keepBlobHours * 3_600_000);
    closing.push(async () => stopCollecting());
    const http = await serveHttp(gateway, configuration.http);
    closing.push(() => http.close());
    log.info({ url: http.url }, 'ready');
  });
}
