import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What a command answered, and how long it took. */
export interface Answer {
  /** What it printed with `--json`. */
  readonly json: unknown;
  readonly seconds: number;
  /** Changes with the command and with everything that it was made from. */
  readonly key: string;
}

/** A place of `cfgen` commands: runs each in a process of its own, once. */
export class CommandRunner {
  /** The commands of this run, in the order they were asked for, as a user would type them. */
  readonly log: string[] = [];

  constructor(
    private readonly cfgen: string,
    /** Folder that everything is written to. */
    readonly folder: string,
    private readonly dataFolder: string,
    private readonly threads: number,
  ) {}

  /** A file of the data folder. */
  data(name: string): string {
    return join(this.dataFolder, name);
  }

  hasData(name: string): boolean {
    return existsSync(this.data(name));
  }

  /** Where the command of this name writes. */
  at(name: string): string {
    return join(this.folder, name);
  }

  /**
   * Runs `cfgen <words>` unless it was run with the same words from the same things before.
   *
   * @param name of the command, unique; its answer is kept under it
   * @param from answers of the commands whose files it reads: when they change it is run again
   */
  async run(name: string, words: readonly string[], from: readonly Answer[] = []): Promise<Answer> {
    this.log.push(this.typed(words));
    const key = createHash('sha256')
      .update(JSON.stringify([this.typed(words), ...from.map((answer) => answer.key)]))
      .digest('hex');
    const record = this.at(`${name}.answer.json`);
    if (existsSync(record)) {
      const kept = JSON.parse(readFileSync(record, 'utf8')) as Answer;
      if (kept.key === key) return kept;
    }
    mkdirSync(join(record, '..'), { recursive: true });
    rmSync(record, { force: true });
    process.stderr.write(`${this.typed(words)}\n`);
    const started = performance.now();
    const json = await this.answerOf(words);
    const answer: Answer = { json, seconds: (performance.now() - started) / 1000, key };
    writeFileSync(record, JSON.stringify(answer));
    return answer;
  }

  /** The command as a user would type it: no folders of this machine. */
  private typed(words: readonly string[]): string {
    const short = words.map((word) => word.split(`${this.folder}/`).join('').split(`${this.dataFolder}/`).join(''));
    return ['cfgen', ...short.map((word) => (/^[\w./=:,+-]+$/.test(word) ? word : `"${word}"`))].join(' ');
  }

  private answerOf(words: readonly string[]): Promise<unknown> {
    const args = [this.cfgen, ...words, '--threads', String(this.threads), '--json', '--overwrite'];
    const env: NodeJS.ProcessEnv = { ...process.env, CFGEN_SERVER: 'none' };
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.on('error', reject);
      child.on('close', (code) => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (code !== 0) reject(new Error(`${basename(this.cfgen)} ${words[0] ?? ''} ended with status ${code ?? 'none'}: ${text.trim()}`));
        else resolve(JSON.parse(text));
      });
    });
  }
}
