import type { StopRequests } from './interruption';

/** Something that text is written to: a terminal, a pipe or a file. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Everything a command takes from outside the program, so that nothing below reads the process itself. */
export interface Surroundings {
  /** Words after `cfgen`. */
  readonly argv: readonly string[];
  /** Results. */
  readonly stdout: TextStream;
  /** Progress, warnings and errors. */
  readonly stderr: TextStream;
  readonly stops: StopRequests;
  /** Seconds since some fixed moment. */
  readonly clock: () => number;
  /** Version of CFGen. */
  readonly version: string;
  /** Variables of the environment, for what is configured by them (`cfgen serve`, the server to talk to). */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder of the bundled sample, ending in a separator. */
  readonly assets: string;
}
