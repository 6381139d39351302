import { Readable } from 'node:stream';
import { Controller, Inject } from '@nestjs/common';
import { openApiDocument, type Health, type OpenApiDocument, type System } from '@cfgen/contracts';
import type { HealthReport } from '@cfgen/observability';
import type { Gateway } from '../../gateway';
import { Answer, StreamAnswer } from '../answer';
import { gatewayToken } from '../gateway-token';
import { Operates } from '../operation';

const defaultUploadBytes = 50 * 1024 ** 3;

/** What the server is, and how it feels. */
@Controller()
export class SystemController {
  private document: OpenApiDocument | null = null;

  constructor(@Inject(gatewayToken) private readonly gateway: Gateway) {}

  @Operates('getSystem')
  async system(): Promise<System> {
    const { version, profile, engine, bus, blobs, database, uploadBytes = defaultUploadBytes } = this.gateway.options;
    return {
      ...{ version, profile, engine },
      ports: { bus: bus.kind, store: blobs.kind, database: database.kind },
      authentication: !(await this.gateway.access.isOpen()),
      limits: { uploadBytes },
    };
  }

  @Operates('getLiveness')
  async live(): Promise<Answer> {
    return healthAnswer(await this.gateway.health.live());
  }

  @Operates('getReadiness')
  async ready(): Promise<Answer> {
    return healthAnswer(await this.gateway.health.ready());
  }

  @Operates('getMetrics')
  async metrics(): Promise<StreamAnswer> {
    const { contentType, body } = await this.gateway.options.metrics.text();
    return new StreamAnswer(200, Readable.from([body]), { 'content-type': contentType });
  }

  @Operates('getOpenApi')
  openApi(): OpenApiDocument {
    return (this.document ??= openApiDocument(this.gateway.options.version));
  }
}

function healthAnswer({ status, checks }: HealthReport): Answer {
  const shown = Object.entries(checks).map(([name, { ok, message }]): [string, Health['checks'][string]] => [
    name,
    { status: ok ? 'ok' : 'unavailable', ...(message === undefined ? {} : { detail: message }) },
  ]);
  const health: Health = { status: status === 'ok' ? 'ok' : 'unavailable', checks: Object.fromEntries(shown) };
  return new Answer(status === 'ok' ? 200 : 503, health);
}
