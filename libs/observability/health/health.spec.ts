import { CfgenError } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { createHealth } from './health';

describe('health', () => {
  it('is ok when every check is, and names them', async () => {
    const health = createHealth({ database: async () => undefined, bus: async () => undefined }, { timeoutMs: 100, now: () => 0 });
    expect(await health.ready()).toEqual({ status: 'ok', checks: { database: { ok: true }, bus: { ok: true } } });
  });

  it('fails with the reason of the check that fails', async () => {
    const health = createHealth(
      {
        database: async () => undefined,
        blobs: async () => {
          throw new CfgenError('STORE_UNAVAILABLE', 'no answer from http://s3');
        },
        bus: () => {
          throw new Error('not even a promise');
        },
      },
      { timeoutMs: 100, now: () => 0 },
    );
    expect(await health.ready()).toEqual({
      status: 'failing',
      checks: {
        database: { ok: true },
        blobs: { ok: false, message: 'STORE_UNAVAILABLE: no answer from http://s3' },
        bus: { ok: false, message: 'not even a promise' },
      },
    });
  });

  it('takes no answer in time for a failure', async () => {
    const health = createHealth({ hung: () => new Promise(() => undefined), fine: async () => undefined }, { timeoutMs: 50, now: () => 0 });
    const start = performance.now();
    expect(await health.ready()).toMatchObject({
      status: 'failing',
      checks: { hung: { ok: false, message: 'no answer within 50 ms' }, fine: { ok: true } },
    });
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('asks again only after a second, and once for all who ask at the same time', async () => {
    let [time, asked] = [0, 0];
    const health = createHealth(
      {
        database: async () => {
          asked++;
        },
      },
      { timeoutMs: 100, now: () => time },
    );
    await Promise.all([health.ready(), health.ready(), health.ready()]);
    time = 999;
    await health.ready();
    expect(asked).toBe(1);
    time = 1_000;
    await health.ready();
    expect(asked).toBe(2);
  });

  it('notices when a check is well again', async () => {
    let [time, well] = [0, false];
    const check = async (): Promise<void> => {
      if (!well) throw new Error('down');
    };
    const health = createHealth({ check }, { timeoutMs: 100, now: () => time });
    expect((await health.ready()).status).toBe('failing');
    well = true;
    time = 1_001;
    expect((await health.ready()).status).toBe('ok');
  });

  it('is alive while no vital check fails, whatever the others say', async () => {
    let crashed = false;
    const checks = {
      database: async () => {
        throw new Error('down');
      },
      consumers: async () => {
        if (crashed) throw new Error('crashed');
      },
    };
    let time = 0;
    const health = createHealth(checks, { timeoutMs: 100, now: () => time, vital: ['consumers'] });
    expect(await health.live()).toEqual({ status: 'ok', checks: { consumers: { ok: true } } });
    crashed = true;
    time = 5_000;
    expect(await health.live()).toEqual({ status: 'failing', checks: { consumers: { ok: false, message: 'crashed' } } });
    expect(await createHealth(checks, { timeoutMs: 100, now: () => 0 }).live()).toEqual({ status: 'ok', checks: {} });
    expect(() => createHealth(checks, { timeoutMs: 100, now: () => 0, vital: ['consumer'] })).toThrow('no checks named consumer');
  });
});
