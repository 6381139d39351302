/** Mean and standard error (sd with n - 1, over the root of n) of replicates. */
export interface Figure {
  readonly mean: number;
  /** Undefined with one replicate. */
  readonly error: number | undefined;
  readonly replicates: number;
}

/** The figure of some replicates; undefined where none has a value. */
export function figureOf(values: readonly (number | null | undefined)[]): Figure | undefined {
  const known = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  if (known.length === 0) return undefined;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length === 1) return { mean, error: undefined, replicates: 1 };
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1);
  return { mean, error: Math.sqrt(variance / known.length), replicates: known.length };
}

/** `0.85 ± 0.05`; an empty cell where there is no figure. */
export function written(figure: Figure | undefined, digits = 2): string {
  if (figure === undefined) return '';
  const mean = figure.mean.toFixed(digits);
  return figure.error === undefined ? mean : `${mean} ± ${figure.error.toFixed(digits)}`;
}

/** `35, 34, 36 s` as one range: `34 to 36 s`. */
export function seconds(values: readonly number[]): string {
  if (values.length === 0) return '';
  const low = Math.min(...values).toFixed(0);
  const high = Math.max(...values).toFixed(0);
  return low === high ? `${low} s` : `${low} to ${high} s`;
}

/** A table in Markdown. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
