import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Health, Metrics } from '@cfgen/observability';
import type { FastifyReply } from 'fastify';

export const healthToken = Symbol('health');
export const metricsToken = Symbol('metrics');

/** What an orchestrator and Prometheus ask of every service. */
@Controller()
export class HealthController {
  constructor(
    @Inject(healthToken) private readonly health: Health,
    @Inject(metricsToken) private readonly metrics: Metrics,
  ) {}

  /** Whether the process is alive: asks no server. */
  @Get('livez')
  async live(@Res() reply: FastifyReply): Promise<void> {
    const result = await this.health.live();
    await reply.code(result.status === 'ok' ? 200 : 503).send(result);
  }

  /** Whether it can work: asks what it needs. */
  @Get('readyz')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const result = await this.health.ready();
    await reply.code(result.status === 'ok' ? 200 : 503).send(result);
  }

  @Get('metrics')
  async measured(@Res() reply: FastifyReply): Promise<void> {
    const { contentType, body } = await this.metrics.text();
    await reply.header('content-type', contentType).send(body);
  }
}
