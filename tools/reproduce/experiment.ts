import type { CommandRunner } from './commands';

/** What is to be run. */
export interface Experiment {
  readonly runner: CommandRunner;
  readonly seeds: readonly number[];
  readonly presets: readonly string[];
}

/** One table of the page. */
export interface Section {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

export type TableRun = (experiment: Experiment) => Promise<Section>;
