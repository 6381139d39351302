import { randomInt } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { CfgenError } from '@cfgen/contracts';
import { Client, type ClientOptions } from 'minio';
import { isTransient } from './s3-errors';

/** Where an S3 server is and who we are to it. */
export interface S3Server {
  /** `http://host:port` or `https://host`. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface S3Patience {
  /** A request during which nothing moves for so long has failed. */
  readonly idleMs: number;
  /** No new attempt begins so long after the first. */
  readonly retryMs: number;
}

export interface S3Connection {
  /** A client whose requests end when the signal is aborted. */
  client(signal?: AbortSignal): Client;
  /**
   * Runs requests that may be repeated; waits longer and longer between attempts.
   * An error of the last attempt, or one that another attempt would not mend, passes through.
   */
  retrying<T>(work: (client: Client, attempt: number) => Promise<T>, signal?: AbortSignal): Promise<T>;
  close(): void;
}

/** @throws CfgenError CONFIGURATION_INVALID */
export function connectS3(server: S3Server, patience: S3Patience, now: () => number): S3Connection {
  const { endPoint, port, useSSL } = addressOf(server.endpoint);
  const protocol = useSSL ? https : http;
  const agent = new protocol.Agent({ keepAlive: true, maxSockets: 64 });

  const transportOf = (signal: AbortSignal | undefined): NonNullable<ClientOptions['transport']> => {
    const request = (options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void): http.ClientRequest => {
      const started = protocol.request(signal === undefined ? options : { ...options, signal }, onResponse);
      // The client knows no time-outs: a server that stops answering would hold a job for ever.
      started.setTimeout(patience.idleMs, () => started.destroy(new Error(`no answer within ${patience.idleMs} ms`)));
      // The client leaves the body of a refusal that it takes for transient unread, which would keep the connection busy.
      started.once('response', (response) => {
        if ((response.statusCode ?? 0) >= 500) response.resume();
      });
      return started;
    };
    return { request: request as typeof http.request };
  };
  const client = (signal?: AbortSignal): Client =>
    new Client({
      endPoint,
      port,
      useSSL,
      region: server.region,
      accessKey: server.accessKey,
      secretKey: server.secretKey,
      transport: transportOf(signal),
      transportAgent: agent,
      // The store cuts parts itself: what it gives to the client goes in one request.
      partSize: 5 * 1024 ** 3,
      // Its own attempts write to the console; ours are below.
      retryOptions: { disableRetry: true },
    });

  return {
    client,
    async retrying(work, signal) {
      const deadline = now() + patience.retryMs;
      const requests = client(signal);
      for (let attempt = 1; ; attempt++) {
        try {
          return await work(requests, attempt);
        } catch (error) {
          const waitMs = Math.min(100 * 2 ** (attempt - 1), 2000);
          if (!isTransient(error) || signal?.aborted === true || now() + waitMs > deadline) throw error;
          // Many workers that lost the same server do not come back all at once.
          await sleep(randomInt(waitMs / 2, waitMs + 1), undefined, signal === undefined ? {} : { signal });
        }
      }
    },
    close: () => agent.destroy(),
  };
}

function addressOf(endpoint: string): { readonly endPoint: string; readonly port: number; readonly useSSL: boolean } {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new CfgenError('CONFIGURATION_INVALID', `"${endpoint}" is not the address of an object store`, {
      hint: 'give it as http://host:port or https://host, without a path',
    });
  }
  const useSSL = url.protocol === 'https:';
  return { endPoint: url.hostname, port: url.port === '' ? (useSSL ? 443 : 80) : Number(url.port), useSSL };
}
