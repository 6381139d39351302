/** How long to wait before a message, or a consumer, is tried again: from the first pause on twice as long each time, up to the longest. */
export interface RedeliveryPause {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The pause after so many failures in a row, in milliseconds. */
export function pauseAfter(failures: number, { firstMs, longestMs }: RedeliveryPause): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
}
