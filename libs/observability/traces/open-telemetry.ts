import { context, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import { core, NodeSDK, resources, tracing as sdk } from '@opentelemetry/sdk-node';
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
    ...(typeof target === 'string' ? {} : { spanProcessors: [new sdk.SimpleSpanProcessor(target)] }),
  });
  if (typeof target === 'string') startWithUrl(node, target);
  else node.start();
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

/**
 * The SDK makes its own exporter and takes the address from the environment alone, at its start: it is lent ours for that moment, so that
 * the settings of the platform decide and no process started later inherits it.
 */
function startWithUrl(node: NodeSDK, url: string): void {
  // Nothing is read from the environment as a setting here; the SDK offers no other way in.
  // eslint-disable-next-line no-restricted-properties
  const environment = process.env;
  const lent = {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: String(closeMs),
  };
  const before = Object.keys(lent).map((name) => [name, environment[name]] as const);
  Object.assign(environment, lent);
  try {
    node.start();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(environment, name);
      else environment[name] = value;
    }
  }
}
