import { describe, expect, it } from 'vitest';
import { createMetrics, type Metrics } from './metrics';

async function linesOf(metrics: Metrics, start: string): Promise<string[]> {
  return (await metrics.text()).body.split('\n').filter((line) => line.startsWith(start));
}

/** Labels have no order. */
function withSortedLabels(line: string): string {
  return line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join()}}`);
}

describe('metrics', () => {
  it('answers in the format of Prometheus, with the process and the service', async () => {
    const { contentType, body } = await createMetrics({ service: 'flow' }).text();
    expect(contentType).toContain('text/plain; version=0.0.4');
    expect(body).toMatch(/^process_resident_memory_bytes\{service="flow"\} \d+/m);
  });

  it('counts under the names that the platform promises', async () => {
    const metrics = createMetrics({ service: 'flow', processMetrics: false });
    metrics.jobDuration.observe({ type: 'TrainFlow', outcome: 'succeeded' }, 2);
    metrics.jobQueue.observe({ type: 'TrainFlow' }, 0.1);
    metrics.messages.add({ topic: 'cfgen.flow.commands.v1', outcome: 'done' });
    metrics.deadLetters.add({});
    metrics.leaseLosses.add({}, 2);
    metrics.cells.add({ step: 'sample' }, 500);
    metrics.cells.add({ step: 'sample' }, 12);
    metrics.cellsPerSecond.set({ step: 'sample' }, 33.5);
    metrics.httpRequests.observe({ method: 'GET', route: '/v1/runs/:id', status: '200' }, 0.01);
    metrics.blobBytes.add({ direction: 'in' }, 1_000);
    metrics.jobs.collect(async () => [
      { labels: { state: 'queued' }, value: 3 },
      { labels: { state: 'running' }, value: 1 },
    ]);
    metrics.outboxMessages.collect(async () => [{ labels: {}, value: 4 }]);
    metrics.consumerLag.collect(async () => [{ labels: { group: 'g', topic: 't' }, value: 9 }]);
    const lines = (await metrics.text()).body.split('\n').map(withSortedLabels);
    for (const line of [
      'cfgen_job_duration_seconds_count{type="TrainFlow",outcome="succeeded",service="flow"} 1',
      'cfgen_job_duration_seconds_bucket{le="5",service="flow",type="TrainFlow",outcome="succeeded"} 1',
      'cfgen_job_duration_seconds_bucket{le="1",service="flow",type="TrainFlow",outcome="succeeded"} 0',
      'cfgen_job_queue_seconds_count{type="TrainFlow",service="flow"} 1',
      'cfgen_messages_total{topic="cfgen.flow.commands.v1",outcome="done",service="flow"} 1',
      'cfgen_dead_letters_total{service="flow"} 1',
      'cfgen_lease_losses_total{service="flow"} 2',
      'cfgen_cells_total{step="sample",service="flow"} 512',
      'cfgen_cells_per_second{step="sample",service="flow"} 33.5',
      'cfgen_http_requests_seconds_count{method="GET",route="/v1/runs/:id",status="200",service="flow"} 1',
      'cfgen_blob_bytes_total{direction="in",service="flow"} 1000',
      'cfgen_jobs{state="queued",service="flow"} 3',
      'cfgen_jobs{state="running",service="flow"} 1',
      'cfgen_outbox_messages{service="flow"} 4',
      'cfgen_consumer_lag{group="g",topic="t",service="flow"} 9',
    ]) {
      expect(lines).toContain(withSortedLabels(line));
    }
  });

  it('keeps the services of one process apart', async () => {
    const [a, b] = [createMetrics({ service: 'a' }), createMetrics({ service: 'b' })];
    a.deadLetters.add({}, 5);
    expect(await linesOf(b, 'cfgen_dead_letters_total')).toEqual(['cfgen_dead_letters_total{service="b"} 0']);
    expect(await linesOf(a, 'cfgen_dead_letters_total')).toEqual(['cfgen_dead_letters_total{service="a"} 5']);
  });

  it('gives the rest when a reader fails or hangs, says so, and shows no value of before', async () => {
    const metrics = createMetrics({ service: 's', processMetrics: false, collectTimeoutMs: 100 });
    let broken = false;
    metrics.jobs.collect(async () => {
      if (broken) throw new Error('no database');
      return [{ labels: { state: 'queued' }, value: 3 }];
    });
    metrics.consumerLag.collect(() =>
      broken ? new Promise(() => undefined) : Promise.resolve([{ labels: { group: 'g', topic: 't' }, value: 1 }]),
    );
    metrics.outboxMessages.collect(async () => [{ labels: {}, value: 4 }]);
    expect(await linesOf(metrics, 'cfgen_jobs{')).toHaveLength(1);
    broken = true;
    const start = performance.now();
    const { body } = await metrics.text();
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(body).not.toMatch(/^cfgen_(jobs|consumer_lag)\{/m);
    expect(body).toContain('cfgen_outbox_messages{service="s"} 4');
    expect(body).toContain('cfgen_metrics_collect_failures_total{metric="cfgen_jobs",service="s"} 1');
    expect(body).toContain('cfgen_metrics_collect_failures_total{metric="cfgen_consumer_lag",service="s"} 1');
    broken = false;
    expect(await linesOf(metrics, 'cfgen_jobs{')).toHaveLength(1);
  });

  it('asks the readers once when two ask for the metrics at the same time, and no more once they are taken off', async () => {
    const metrics = createMetrics({ service: 's', processMetrics: false });
    let asked = 0;
    const stop = metrics.jobs.collect(async () => {
      asked++;
      return [];
    });
    await Promise.all([metrics.text(), metrics.text()]);
    expect(asked).toBe(1);
    await metrics.text();
    expect(asked).toBe(2);
    stop();
    await metrics.text();
    expect(asked).toBe(2);
  });
});
