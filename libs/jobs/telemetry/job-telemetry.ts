/** What is written down about jobs. A logger of @cfgen/observability fits. */
export interface JobLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What is counted about jobs. */
export interface JobMetrics {
  /** An attempt began. */
  started(type: string): void;
  /** An attempt ended in this state, after so many seconds. */
  ended(type: string, state: string, seconds: number): void;
  /** A worker found that its job is another's by now. */
  leaseLost(type: string): void;
}
