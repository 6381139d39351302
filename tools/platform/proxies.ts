import type { ServerAddresses } from '../stack/real-servers';
import { freePort } from './service-process';

/** A server behind a proxy that can be cut. */
export type Proxied = 'kafka' | 's3' | 'database';

export interface Proxies {
  /** The addresses that lead through the proxies. */
  readonly servers: ServerAddresses;
  /** Cuts every connection to a server, and refuses new ones. */
  cut(server: Proxied): Promise<void>;
  mend(server: Proxied): Promise<void>;
}

/** Puts toxiproxy between the platform and its servers. */
export async function proxiesFor(servers: ServerAddresses): Promise<Proxies> {
  const call = async (path: string, method: string, body: object): Promise<void> => {
    const answer = await fetch(`${servers.toxiproxyUrl}${path}`, { method, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`toxiproxy: ${answer.status} ${await answer.text()}`);
  };
  const s3 = new URL(servers.s3.endpoint);
  const database = new URL(servers.databaseUrl);
  const s3Port = await freePort();
  const databasePort = await freePort();
  await call('/proxies', 'POST', {
    name: 'kafka',
    listen: servers.kafkaProxied.listen,
    upstream: servers.kafkaProxied.upstream,
    enabled: true,
  });
  await call('/proxies', 'POST', { name: 's3', listen: `127.0.0.1:${s3Port}`, upstream: s3.host, enabled: true });
  await call('/proxies', 'POST', { name: 'database', listen: `127.0.0.1:${databasePort}`, upstream: database.host, enabled: true });
  s3.port = String(s3Port);
  database.port = String(databasePort);
  return {
    servers: {
      ...servers,
      kafkaBrokers: [servers.kafkaProxied.listen],
      s3: { ...servers.s3, endpoint: s3.origin },
      databaseUrl: database.toString(),
    },
    cut: (server) => call(`/proxies/${server}`, 'POST', { enabled: false }),
    mend: (server) => call(`/proxies/${server}`, 'POST', { enabled: true }),
  };
}
