import { context, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import { core, NodeSDK, resources, tracing as sdk } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CfgenError } from '@cfgen/contracts';
import type { SpanOptions, Tracing } from './tracing';

const closeMs = 3_000;
const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** @param target an exporter, or the URL that takes traces as OTLP over HTTP */
export function startTracing(resource: { readonly service: string; readonly version: string }, target: sdk.SpanExporter | string): Tracing {
  const node = new NodeSDK({
    resource: resources.resourceFromAttributes({ 'service.name': resource.service, 'service.version': resource.version }),
    autoDetectResources: false,
    instrumentations: [],
    // Traces only: without these lines the SDK would send logs and metrics too.
    metricReaders: [],
    logRecordProcessors: [],
    spanProcessors: [typeof target === 'string' ? sentInBatches(target) : new sdk.SimpleSpanProcessor(target)],
  });
  node.start();
  const tracer = trace.getTracer('cfgen', resource.version);
  const propagator = new core.W3CTraceContextPropagator();

  const parentOf = (traceparent: string | undefined): Context => {
    if (traceparent === undefined || traceparent === '') return context.active();
    return propagator.extract(
      context.active(),
      { traceparent },
      {
        get: (carrier: { traceparent: string }, key) => (key === 'traceparent' ? carrier.traceparent : undefined),
        keys: () => ['traceparent'],
      },
    );
  };

  return {
    enabled: true,
    inject() {
      const carrier: Record<string, string> = {};
      propagator.inject(context.active(), carrier, { set: (into: Record<string, string>, key, value: string) => void (into[key] = value) });
      return carrier['traceparent'] ?? '';
    },
    async span<T>(name: string, { traceparent, kind = 'internal', attributes = {} }: SpanOptions, work: () => Promise<T>): Promise<T> {
      const parent = parentOf(traceparent);
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, parent);
      try {
        return await context.with(trace.setSpan(parent, span), work);
      } catch (error) {
        span.recordException(error instanceof Error ? error : new Error(String(error)));
        if (error instanceof CfgenError) span.setAttribute('cfgen.error.code', error.code);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
        throw error;
      } finally {
        span.end();
      }
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, closeMs);
      });
      // A collector that is away must not keep a service from stopping: its spans are lost, nothing else.
      await Promise.race([node.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

/** Spans on their way to a collector. `url` may be the collector's address alone: traces go to `/v1/traces` there. */
function sentInBatches(url: string): sdk.SpanProcessor {
  const { pathname } = new URL(url);
  const target = pathname === '/' || pathname === '' ? new URL('/v1/traces', url).toString() : url;
  return new sdk.BatchSpanProcessor(new OTLPTraceExporter({ url: target, timeoutMillis: closeMs }));
}
