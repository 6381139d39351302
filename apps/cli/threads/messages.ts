/** What the thread of the terminal tells the thread that computes when that starts. */
export interface StartMessage {
  readonly argv: readonly string[];
  readonly stdout: StreamState;
  readonly stderr: StreamState;
}

/** What a stream goes to. */
export interface StreamState {
  readonly isTTY: boolean;
  readonly columns: number;
}

/** From the terminal to the computing thread: please stop. */
export const stopMessage = 'stop';

/** From the computing thread to the terminal. */
export type ResultMessage =
  | { readonly kind: 'text'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly kind: 'status'; readonly status: number };
