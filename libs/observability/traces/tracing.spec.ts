import { CfgenError } from '@cfgen/contracts';
import { tracing as sdk } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTracing } from './create-tracing';
import type { Tracing } from './tracing';

describe('tracing', () => {
  const exporter = new sdk.InMemorySpanExporter();
  let tracing: Tracing;
  beforeAll(async () => {
    tracing = await createTracing({ service: 'flow', version: '1.2.3', exporter });
  });
  afterAll(() => tracing.close());
  const spanNamed = (name: string): sdk.ReadableSpan => exporter.getFinishedSpans().find((span) => span.name === name)!;

  it('makes what a consumer does with a message a child of what its publisher did', async () => {
    const traceparent = await tracing.span('publish', { kind: 'producer' }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return tracing.inject();
    });
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(tracing.inject()).toBe('');
    const passedOn = await tracing.span('consume', { traceparent, kind: 'consumer', attributes: { topic: 't', cells: 3 } }, async () =>
      tracing.inject(),
    );
    const [publish, consume] = [spanNamed('publish'), spanNamed('consume')];
    expect(consume.spanContext().traceId).toBe(publish.spanContext().traceId);
    expect(consume.parentSpanContext?.spanId).toBe(publish.spanContext().spanId);
    expect(consume.attributes).toEqual({ topic: 't', cells: 3 });
    expect(consume.resource.attributes).toMatchObject({ 'service.name': 'flow', 'service.version': '1.2.3' });
    expect(passedOn).toBe(`00-${publish.spanContext().traceId}-${consume.spanContext().spanId}-01`);
  });

  it('nests spans, keeps work that runs beside it apart, and starts anew without a parent', async () => {
    await Promise.all(
      ['a', 'b'].map((name) =>
        tracing.span(name, {}, async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          await tracing.span(`${name} inside`, { traceparent: '' }, async () => undefined);
        }),
      ),
    );
    for (const name of ['a', 'b']) {
      expect(spanNamed(`${name} inside`).parentSpanContext?.spanId).toBe(spanNamed(name).spanContext().spanId);
      expect(spanNamed(name).parentSpanContext).toBeUndefined();
    }
  });

  it.each(['nonsense', '00-0-0-01', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`])(
    'starts anew from the trace context %j',
    async (traceparent) => {
      await tracing.span(`from ${traceparent}`, { traceparent }, async () => undefined);
      expect(spanNamed(`from ${traceparent}`).parentSpanContext).toBeUndefined();
    },
  );

  it('notes an error of the work and passes it through', async () => {
    const error = new CfgenError('TRAINING_DIVERGED', 'loss is NaN');
    await expect(
      tracing.span('train', {}, async () => {
        throw error;
      }),
    ).rejects.toBe(error);
    const span = spanNamed('train');
    expect(span.status).toMatchObject({ code: 2, message: 'loss is NaN' });
    expect(span.attributes).toMatchObject({ 'cfgen.error.code': 'TRAINING_DIVERGED' });
    expect(span.events[0]?.name).toBe('exception');
  });
});
