import { CfgenError } from '@cfgen/contracts';
import type { tracing as sdk } from '@opentelemetry/sdk-node';
import { noTracing, type Tracing } from './tracing';

export interface TracingOptions {
  readonly service: string;
  readonly version: string;
  /** Where an OpenTelemetry collector takes traces over HTTP, e.g. `http://collector:4318`; tracing is off without it. */
  readonly exporterUrl?: string;
  /** Takes the spans instead of a collector, one by one. */
  readonly exporter?: sdk.SpanExporter;
}

/**
 * Tracing by OpenTelemetry. Nothing of it is loaded unless it is turned on; one per process, because its context is global.
 *
 * @throws CfgenError CONFIGURATION_INVALID
 */
export async function createTracing({ service, version, exporterUrl, exporter }: TracingOptions): Promise<Tracing> {
  if (exporter === undefined && (exporterUrl === undefined || exporterUrl === '')) return noTracing;
  const { startTracing } = await import('./open-telemetry');
  return startTracing({ service, version }, exporter ?? tracesUrl(exporterUrl ?? ''));
}

/** The address of a collector is that of its whole, or that of its traces. */
function tracesUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new CfgenError('CONFIGURATION_INVALID', `"${url}" is not the address of a collector of traces`, {
      hint: 'give it as http://host:4318',
    });
  }
  if (parsed.pathname === '/') parsed.pathname = '/v1/traces';
  return parsed.href;
}
