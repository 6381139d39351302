import { jitter, measuredBlobs, newId, type Ports, type ServiceProcess } from '@cfgen/service-host';
import type { Database } from '@cfgen/persistence';
import type { GatewayOptions } from '../gateway-options';

/** What a gateway needs, from the process it runs in and its ports. */
export function gatewayParts(serviceProcess: ServiceProcess, ports: Ports, database: Database, engine: string): GatewayOptions {
  const { configuration, identity, log, metrics } = serviceProcess;
  return {
    database,
    blobs: measuredBlobs(ports.blobs, metrics),
    bus: ports.bus,
    now: () => Date.now(),
    newId,
    random: jitter,
    instance: identity.instance,
    version: identity.version,
    profile: configuration.profile,
    engine,
    log,
    metrics,
    uploadBytes: configuration.http.uploadLimit,
    keepMs: configuration.jobs.keepDays * 86_400_000,
  };
}
