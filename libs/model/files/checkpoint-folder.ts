import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { decodeSafetensors, encodeSafetensors, outputError, writeWhole } from '@cfgen/tensors';
import { z } from 'zod';
import type { StoredTensor, TrainingState } from '../training/state';

/** Where a training keeps its checkpoints, inside the model folder; gone when the model is finished. */
export const checkpointFolder = 'checkpoint';

/** The parts of a training, in order; each has a running checkpoint or a finished result. */
export type CheckpointPart = 'autoencoder' | 'autoencoder-done' | 'flow';

const runFile = 'run.json';
const partialName = /^\..*\.\d+\.partial$/;

/**
 * Checkpoints of one training run on disk. The run is identified by a fingerprint of its settings, seed, data and engine:
 * a checkpoint of another run is refused instead of mixed in. Each file is replaced whole, so that a process killed at any
 * moment leaves the previous checkpoint in place.
 */
export class CheckpointFolder {
  private constructor(private readonly folder: string) {}

  /** Starts anew: earlier checkpoints in the model folder are removed. */
  static create(modelFolder: string, fingerprint: Readonly<Record<string, unknown>>): CheckpointFolder {
    const folder = join(modelFolder, checkpointFolder);
    try {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw outputError(folder, cause);
    }
    writeWhole(join(folder, runFile), Buffer.from(JSON.stringify(fingerprint)));
    return new CheckpointFolder(folder);
  }

  /** Goes on with an interrupted run; null when the folder has none. Refuses a run of other settings, seed, data or engine, naming what differs. */
  static resume(modelFolder: string, fingerprint: Readonly<Record<string, unknown>>): CheckpointFolder | null {
    const folder = join(modelFolder, checkpointFolder);
    const path = join(folder, runFile);
    if (!existsSync(path)) return null;
    const found = parseJson(path, z.record(z.string(), z.unknown()));
    const differing = [...new Set([...Object.keys(found), ...Object.keys(fingerprint)])].filter(
      (key) => JSON.stringify(found[key]) !== JSON.stringify(fingerprint[key]),
    );
    if (differing.length > 0) {
      const show = (value: unknown): string => {
        const text = JSON.stringify(value) ?? 'nothing';
        return text.length > 60 ? 'another value' : text;
      };
      const list = differing.map((key) => `${key} (was ${show(found[key])}, now ${show(fingerprint[key])})`).join(', ');
      throw new CfgenError('CHECKPOINT_MISMATCH', `the training in ${modelFolder} was started with other choices: ${list}`, {
        hint: 'Repeat the command it was started with, or start anew without --resume.',
        details: { path: modelFolder, differing },
      });
    }
    for (const name of readdirSync(folder)) if (partialName.test(name)) rmSync(join(folder, name), { force: true });
    return new CheckpointFolder(folder);
  }

  save(part: CheckpointPart, state: TrainingState): void {
    const tensors = [...state.tensors].map(([name, { shape, data }]) =>
      data instanceof Float32Array ? { name, dtype: 'F32' as const, shape, data } : { name, dtype: 'F64' as const, shape, data },
    );
    writeWhole(this.path(part), encodeSafetensors(tensors, { progress: JSON.stringify(state.progress) }));
  }

  load(part: CheckpointPart): TrainingState | undefined {
    const path = this.path(part);
    if (!existsSync(path)) return undefined;
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), { source: path });
    const progress: unknown = JSON.parse(metadata['progress'] ?? '{}');
    return {
      tensors: new Map(tensors.map(({ name, shape, data }): [string, StoredTensor] => [name, { shape, data: real(path, name, data) }])),
      progress: z.record(z.string(), z.unknown()).parse(progress),
    };
  }

  /** Removes a part that is no longer needed. */
  drop(part: CheckpointPart): void {
    rmSync(this.path(part), { force: true });
  }

  /** Removes the folder: the model is finished. */
  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private path(part: CheckpointPart): string {
    return join(this.folder, `${part}.safetensors`);
  }
}

function real(path: string, name: string, data: unknown): Float32Array | Float64Array {
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  throw new CfgenError('INPUT_DAMAGED', `${path}: tensor ${name} is not floating-point`, { details: { path, tensor: name } });
}

function parseJson<T>(path: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new CfgenError('INPUT_DAMAGED', `${path} cannot be read`, {
      hint: 'Start the training anew without --resume.',
      details: { path },
      cause,
    });
  }
}
