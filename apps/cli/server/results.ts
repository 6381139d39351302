import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Artifact, Run } from '@cfgen/client';
import { CfgenError } from '@cfgen/contracts';
import type { Answer } from '../commands/session';
import { bytes, duration } from '../terminal/quantities';
import { shellCommand } from '../terminal/shell-words';
import { indented, table } from '../terminal/tables';
import { kibibytes, type ServerWork } from './data-sets';

export interface Output {
  /** Left out: a name by what the run made. */
  readonly out?: string | undefined;
  readonly overwrite: boolean;
  /** Folder for what an augmentation made besides its cells; left out: it stays on the server. */
  readonly report?: string | undefined;
}

/** An output under a name. */
interface NamedOutput extends Output {
  readonly out: string;
}

/**
 * Refuses an output that is there before anything is uploaded.
 *
 * @throws CfgenError OUTPUT_EXISTS
 */
export function checkOutput({ out, report, overwrite }: Output): void {
  const places = [
    ['--out', out],
    ['--report', report],
  ] as const;
  for (const [option, path] of places) {
    if (path === undefined || overwrite || !existsSync(path)) continue;
    throw new CfgenError('OUTPUT_EXISTS', `${path} is there already`, {
      hint: `Choose another name by ${option}, or replace it with --overwrite.`,
      details: { option, path },
    });
  }
}

/**
 * Downloads what a run made: the model of a training and the report of an evaluation into a folder, generated cells into a file.
 *
 * @returns what to tell the user
 */
export async function fetchResult(work: ServerWork, run: Run, asked: Output): Promise<Answer> {
  const output = { ...asked, out: asked.out ?? usualName(run) };
  checkOutput(output);
  const { client } = work;
  if (run.type === 'train' || run.type === 'import') {
    if (run.modelId === null) throw nothingMade(run);
    const model = await client.getModel(run.modelId, work);
    await intoFolder(output, (folder) =>
      inTurn(model.files, (file) => client.downloadModelFile(model, file, join(folder, file.name), reporting(work, file))),
    );
    const next = shellCommand(['cfgen', 'generate', model.id, '--cells', '1000']);
    return answerOf(run, output, `The model is in ${output.out}, and on the server as ${model.id}`, ['', `Next: ${next}`]);
  }
  if (run.type === 'evaluate' || run.type === 'integration' || run.type === 'guide') {
    if (run.artifacts.length === 0) throw nothingMade(run);
    await intoFolder(output, (folder) =>
      inTurn(run.artifacts, (file) => client.downloadArtifact(run, file, join(folder, file.name), reporting(work, file))),
    );
    return answerOf(
      run,
      output,
      `The ${run.type === 'evaluate' ? 'report is' : 'scores are'} in ${output.out}: ${run.artifacts.map(({ name }) => name).join(', ')}`,
    );
  }
  if (run.type === 'augment' && asked.report !== undefined) await fetchReport(work, run, { out: asked.report, overwrite: asked.overwrite });
  const cells = run.artifacts.find(({ name }) => name.endsWith('.h5ad')) ?? run.artifacts[0];
  if (cells === undefined) throw nothingMade(run);
  await client.downloadArtifact(run, cells, output.out, { ...reporting(work, cells), overwrite: output.overwrite });
  return answerOf(run, output, `The cells are in ${output.out} (${bytes(cells.bytes)})`);
}

/** `synthetic.h5ad` or `synthetic.h5mu` for cells; the type of the run for what is a folder. */
function usualName({ type, artifacts }: Run): string {
  return type === 'generate' ? `synthetic${extname(artifacts[0]?.name ?? '.h5ad')}` : type;
}

/** All that an augmentation made besides its cells, into a folder. */
async function fetchReport(work: ServerWork, run: Run, output: NamedOutput): Promise<void> {
  await intoFolder(output, (folder) =>
    inTurn(
      run.artifacts.filter(({ name }) => !name.endsWith('.h5ad')),
      (file) => work.client.downloadArtifact(run, file, join(folder, file.name), reporting(work, file)),
    ),
  );
}

function reporting({ display, signal }: ServerWork, { name, bytes: total }: Artifact) {
  return {
    signal,
    onProgress: (done: number) =>
      display.report({ stage: `download: ${name}`, done: kibibytes(done), total: kibibytes(total), unit: 'KiB' }),
  };
}

async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) await work(item);
}

/** Fills a folder beside the one asked for, and gives it its name when it is whole. */
async function intoFolder({ out, overwrite }: NamedOutput, fill: (folder: string) => Promise<void>): Promise<void> {
  const beside = join(dirname(out), `.${basename(out)}.${process.pid}.part`);
  try {
    await mkdir(beside, { recursive: true });
    await fill(beside);
    if (overwrite) await rm(out, { recursive: true, force: true });
    await rename(beside, out);
  } catch (thrown) {
    await rm(beside, { recursive: true, force: true });
    if (thrown instanceof CfgenError || !(thrown instanceof Error) || !('code' in thrown)) throw thrown;
    throw new CfgenError('OUTPUT_UNWRITABLE', `${out} cannot be written (${String(thrown.code)})`, {
      hint: 'Check that you may write there and that the disk has room.',
      details: { path: out },
      cause: thrown,
    });
  }
}

function answerOf(run: Run, { out }: NamedOutput, first: string, more: readonly string[] = []): Answer {
  const figures = Object.entries(run.figures).flatMap(([name, value]) =>
    value === null ? [] : [[name, String(Number(value.toPrecision(6)))]],
  );
  return {
    lines: [first, ...indented(table([['run', run.id], ...figures, ...timeOf(run)])), ...more],
    json: { command: run.type, out, run },
  };
}

function timeOf({ startedAt, finishedAt }: Run): string[][] {
  if (startedAt === null || finishedAt === null) return [];
  return [['time', duration(Math.max(0, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000))]];
}

function nothingMade({ id, type }: Run): CfgenError {
  return new CfgenError('NOT_FOUND', `the run ${id} (${type}) has nothing to download`, {
    hint: `cfgen runs show ${id} lists what there is.`,
    details: { run: id },
  });
}
