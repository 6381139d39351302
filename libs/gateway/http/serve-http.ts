import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { operations } from '@cfgen/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requireSafeBinding } from '../access/tokens';
import type { Gateway } from '../gateway';
import { closingInTime } from './close-connections';
import { GatewayModule } from './gateway.module';
import { sendProblem } from './problem-filter';

/** Largest JSON body; uploads are streamed and have a limit of their own. */
const maximumJsonBytes = 1024 * 1024;
/** Time that requests under way have to end when the server closes. */
const closingMs = 10_000;

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

export interface HttpBinding {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** A server that answers. */
export interface HttpServer {
  readonly url: string;
  /** Takes no further request, ends streams of events, and gives the rest some time. */
  close(): Promise<void>;
}

/**
 * Serves the HTTP API of a gateway.
 *
 * @throws CfgenError CONFIGURATION_INVALID when strangers could ask without a token
 */
export async function serveHttp(gateway: Gateway, { host, port }: HttpBinding, graceMs = closingMs): Promise<HttpServer> {
  requireSafeBinding(host, await gateway.access.isOpen());
  const app = await createHttpApp(gateway);
  const close = closingInTime(app.getHttpServer(), () => app.close(), graceMs);
  await app.listen(port, host);
  return {
    url: await app.getUrl(),
    async close() {
      gateway.endStreams();
      await close();
    },
  };
}

/** The application without a port, for those who serve more under it, and for tests. */
export async function createHttpApp(gateway: Gateway): Promise<NestFastifyApplication> {
  const { newId, log } = gateway.options;
  const adapter = new FastifyAdapter({
    bodyLimit: maximumJsonBytes,
    genReqId: (request: { headers: Record<string, unknown> }) => requestIdOf(request.headers['x-request-id']) ?? newId(),
    // Streams of events end with the gateway, uploads with their client: closing waits for no idle connection.
    forceCloseConnections: 'idle',
    // HEAD would start what GET does, streams included.
    exposeHeadRoutes: false,
    return503OnClosing: true,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => sendProblem(error, request, reply, log),
  } as ConstructorParameters<typeof FastifyAdapter>[0]);
  const fastify: FastifyInstance = adapter.getInstance();
  takeUploads(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.register(gateway), adapter, {
    logger: false,
    abortOnError: false,
  });
  observe(fastify, gateway);
  await app.init();
  await fastify.ready();
  return app;
}

/** Bodies of these types reach the handler as a stream. */
function takeUploads(fastify: FastifyInstance): void {
  for (const type of operations.addDataSet.body.binary.mediaTypes) {
    fastify.addContentTypeParser(type, (_request, payload, done) => {
      done(null, payload);
    });
  }
}

/** Headers of every answer, a line in the log and a measurement of every request. */
function observe(fastify: FastifyInstance, gateway: Gateway): void {
  const { log, metrics } = gateway.options;
  fastify.addHook('onRequest', async (request, reply) => {
    void reply.headers({ ...securityHeaders, 'cache-control': 'no-store', 'x-request-id': request.id });
  });
  fastify.addHook('onSend', async (_request, reply) => {
    if (gateway.stopping.aborted) void reply.header('connection', 'close');
  });
  fastify.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const { method } = request;
    const status = String(reply.statusCode);
    const seconds = reply.elapsedTime / 1000;
    metrics.httpRequests.observe({ method, route, status }, seconds);
    // Probes and scrapes come every few seconds.
    const level = route.startsWith('/v1/') || reply.statusCode >= 400 ? 'info' : 'debug';
    log[level]({ request: request.id, method, route, status: reply.statusCode, seconds }, 'a request was answered');
  });
}

/** An id that the caller gave, if it is fit for logs. */
function requestIdOf(given: unknown): string | null {
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : null;
}
