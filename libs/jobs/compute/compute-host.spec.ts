import { mkdtemp, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { computeEntryIn, trainFlow } from '../testing/commands';
import { isRunning, until } from '../testing/job-bench';
import { attemptNotes, type ScriptStep } from '../testing/scripted-compute';
import type { ComputeAttempt, ComputeEnd } from './compute-child';
import { ComputeHost, type ComputeHostOptions } from './compute-host';

describe('compute host', () => {
  let folder: string;
  const hosts: ComputeHost[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cfgen-compute-'));
  });
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.close()));
    await rm(folder, { recursive: true, force: true });
  });

  async function open(options: Partial<ComputeHostOptions> = {}): Promise<ComputeHost> {
    const host = new ComputeHost({ size: 1, ...(await computeEntryIn(folder)), configuration: { folder }, ...options });
    hosts.push(host);
    await host.start();
    return host;
  }

  async function begin(host: ComputeHost, ...steps: ScriptStep[]): Promise<ComputeAttempt> {
    let slot = host.take();
    await until('a process is free', () => (slot ??= host.take()) !== null);
    const command = trainFlow({ attempts: [steps] });
    return slot!.run(
      { jobId: command.jobId, command, checkpoint: null },
      { progress: () => undefined, checkpoint: () => Promise.resolve() },
    );
  }

  const failure = (end: ComputeEnd) => (end.kind === 'failed' ? end.error : null);

  it('runs job after job in the same process while they succeed', async () => {
    const host = await open();
    const first = await begin(host);
    expect(await first.ended).toMatchObject({ kind: 'done', outcome: { data: { steps: 0 } } });
    const second = await begin(host);
    expect((await second.ended).kind).toBe('done');
    expect(second.pid).toBe(first.pid);
  });

  it.each([
    ['its memory', { maximumRss: 1 }],
    ['its number of jobs', { jobsPerProcess: 1 }],
  ])('replaces a process that has reached the limit of %s', async (_, limits) => {
    const host = await open(limits);
    const first = await begin(host);
    await first.ended;
    const second = await begin(host);
    expect((await second.ended).kind).toBe('done');
    expect(second.pid).not.toBe(first.pid);
    expect(isRunning(first.pid)).toBe(false);
  });

  it.each([
    ['leaves by itself', { do: 'exit', status: 7 } as const, /ended with exit code 7$/],
    ['is killed by the system', { do: 'kill' } as const, /was ended by SIGKILL, as when memory runs out/],
  ])('takes a process that %s for a failure worth another try', async (_, step, message) => {
    const host = await open();
    const attempt = await begin(host, step);
    const end = await attempt.ended;
    expect(failure(end)).toMatchObject({ code: 'COMPUTE_CRASHED', retryable: true });
    expect(failure(end)!.message).toMatch(message);
    expect((await (await begin(host)).ended).kind).toBe('done');
  });

  it('says so when the heap of a process is full', async () => {
    const host = await open({ execArgv: ['--max-old-space-size=64'] });
    const end = await (await begin(host, { do: 'fill-memory' })).ended;
    expect(failure(end)).toMatchObject({ code: 'COMPUTE_CRASHED', retryable: true, hint: /more memory/ });
    expect(failure(end)!.details.errorOutput).toMatch(/heap out of memory/);
  });

  it('passes on the error of a job, and replaces the process', async () => {
    const host = await open();
    const refused = await begin(host, { do: 'fail', code: 'TRAINING_DIVERGED', retryable: false });
    expect(failure(await refused.ended)).toMatchObject({ code: 'TRAINING_DIVERGED', retryable: false, hint: 'Change the script.' });
    const broken = await begin(host, { do: 'throw' });
    expect(broken.pid).not.toBe(refused.pid);
    expect(failure(await broken.ended)).toMatchObject({ code: 'INTERNAL', message: 'the script is wrong', retryable: false });
  });

  it('keeps the process of a job that refused its input', async () => {
    const host = await open();
    const refused = await begin(host, { do: 'fail', code: 'INPUT_FORMAT', retryable: false });
    expect(failure(await refused.ended)).toMatchObject({ code: 'INPUT_FORMAT' });
    const next = await begin(host);
    expect((await next.ended).kind).toBe('done');
    expect(next.pid).toBe(refused.pid);
  });

  it('asks a job to stop, and kills the process of one that does not', async () => {
    const host = await open({ size: 2 });
    const polite = await begin(host, { do: 'work', ms: 60_000 });
    const deaf = await begin(host, { do: 'busy-loop' });
    polite.abort('cancelled', 60_000);
    deaf.abort('cancelled', 100);
    expect(await polite.ended).toMatchObject({ killed: false, error: { code: 'INTERRUPTED', message: 'the job was stopped: cancelled' } });
    expect(await deaf.ended).toMatchObject({ killed: true, error: { code: 'COMPUTE_CRASHED' } });
    await until('the killed process is gone', () => !isRunning(deaf.pid));
  });

  it('refuses to start, and tells why in its check, when processes do not get ready', async () => {
    const host = new ComputeHost({ size: 1, entry: join(folder, 'missing.mjs'), configuration: {} });
    hosts.push(host);
    await expect(host.start()).rejects.toMatchObject({ code: 'COMPUTE_CRASHED', message: /ended with exit code 1/ });
    expect(() => host.check()).toThrow(/ended with exit code 1/);
    expect(host.take()).toBeNull();
  });

  it('leaves no process behind when it closes', async () => {
    const host = await open({ size: 2 });
    const { ended, pid } = await begin(host, { do: 'busy-loop' });
    const pids = host.pids;
    expect(pids).toContain(pid);
    await host.close();
    expect((await ended).kind).toBe('failed');
    expect(pids.map(isRunning)).toEqual([false, false]);
  });

  it('ends within moments of a parent that was killed, even while it computes without a pause', async () => {
    const entry = fileURLToPath(new URL('../testing/parent-entry.ts', import.meta.url));
    const parent = spawn(process.execPath, ['--import', 'tsx', entry, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    parent.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await until('the parent has printed the process', () => printed.endsWith('\n'));
    const pid = Number(printed);
    await until('the job runs', () => attemptNotes(folder).length === 1);
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until('the compute process is gone', () => !isRunning(pid), 3000);
  });
});
