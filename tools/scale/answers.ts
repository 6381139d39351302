import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckedFile } from './check-file';
import type { Measured } from './measurement';
import { nameOf, type Task } from './plan';

/** What a measurement found. */
export interface Answer extends Measured {
  readonly task: Task;
  /** What another program found in the file that was written. */
  readonly checked?: CheckedFile;
  /** When it was taken, and on what. */
  readonly taken?: { readonly at: string; readonly commit: string };
}

/** Answers in a folder, one file each, so that an interrupted series goes on. */
export class Answers {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  get(task: Task): Answer | undefined {
    const path = this.#path(task);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Answer) : undefined;
  }

  put(answer: Answer): void {
    const path = this.#path(answer.task);
    writeFileSync(`${path}.partial`, `${JSON.stringify(answer, null, 2)}\n`);
    renameSync(`${path}.partial`, path);
  }

  #path(task: Task): string {
    return join(this.#folder, `${nameOf(task)}.json`);
  }
}
