import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { outputError, writeWhole } from '@cfgen/tensors';
import { z } from 'zod';
import type { CheckpointPart, TrainingCheckpoints } from '../training/checkpoints';
import type { TrainingState } from '../training/state';
import { decodeTrainingState, encodeTrainingState } from './stored-tensors';

/** Where a training keeps its checkpoints, inside the model folder; gone when the model is finished. */
export const checkpointFolder = 'checkpoint';

const runFile = 'run.json';
const partialName = /^\..*\.\d+\.partial$/;

/**
 * Checkpoints of one training run on disk. The run is identified by a fingerprint of its settings, seed, data and engine:
 * a checkpoint of another run is refused instead of mixed in. Each file is replaced whole, so that a process killed at any
 * moment leaves the previous checkpoint in place.
 */
export class CheckpointFolder implements TrainingCheckpoints {
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

  async save(part: CheckpointPart, state: TrainingState): Promise<void> {
    writeWhole(this.path(part), encodeTrainingState(state));
  }

  async load(part: CheckpointPart): Promise<TrainingState | undefined> {
    const path = this.path(part);
    return existsSync(path) ? decodeTrainingState(readFileSync(path), path) : undefined;
  }

  /** Removes a part that is no longer needed. */
  async drop(part: CheckpointPart): Promise<void> {
    rmSync(this.path(part), { force: true });
  }

  /** Removes the folder: the model is finished. */
  async clear(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private path(part: CheckpointPart): string {
    return join(this.folder, `${part}.safetensors`);
  }
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
