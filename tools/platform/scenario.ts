import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Client, Run, RunRequest } from '@cfgen/client';

/** The sample that comes with the project. */
export const samplePath = fileURLToPath(new URL('../../apps/cli/assets/pbmc3k.h5ad', import.meta.url));

/** A training small enough to be repeated under every fault: some 20 s of computing. */
export const quickTraining = {
  type: 'train',
  labels: ['cell_type'],
  preset: 'quick',
  seed: 7,
} as const;

/** Uploads the sample and waits until it has been looked at. */
export async function uploadSample(client: Client, path = samplePath): Promise<string> {
  const uploaded = await client.uploadFile(path);
  const deadline = Date.now() + 120_000;
  for (;;) {
    const dataSet = await client.getDataSet(uploaded.id);
    if (dataSet.state === 'ready') return dataSet.id;
    if (dataSet.state === 'refused') throw new Error(`the sample was refused: ${JSON.stringify(dataSet.error)}`);
    if (Date.now() > deadline) throw new Error('the sample is still being looked at');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Starts a run and waits for its end, through deaths of the gateway too: `client` may answer another one each time. */
export async function runToEnd(client: () => Client, request: RunRequest, timeoutMs = 300_000): Promise<Run> {
  const { id } = await client().startRun(request);
  return endOf(client, id, timeoutMs);
}

/** Waits for the end of a run; a gateway that is away for a while is asked again. */
export async function endOf(client: () => Client, id: string, timeoutMs = 300_000): Promise<Run> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const run = await asked(() => client().getRun(id));
    if (run !== undefined && ['succeeded', 'failed', 'cancelled'].includes(run.state)) return run;
    if (Date.now() > deadline) throw new Error(`run ${id} has not ended after ${timeoutMs} ms: ${JSON.stringify(run?.stages)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function asked<T>(question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question();
  } catch {
    return undefined;
  }
}

/** sha256 of an artifact as its run tells it; fails where the run has not succeeded. */
export function artifactHash(run: Run, name: RegExp): string {
  const artifact = run.artifacts.find((each) => name.test(each.name));
  if (run.state !== 'succeeded' || artifact === undefined) {
    throw new Error(`run ${run.id} is ${run.state} and has no ${String(name)}: ${JSON.stringify(run.error)}`);
  }
  return artifact.sha256;
}

export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
