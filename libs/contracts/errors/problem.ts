/** Something usable that the user has to be told about; the same shape in the terminal, in `--json` and in a report. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'note';
  /** Stable, kebab-case, e.g. `label-missing-values`. */
  readonly code: string;
  /** What, where, the value found. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}
