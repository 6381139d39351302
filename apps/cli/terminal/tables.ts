/** How the columns of a table are set: `left` (text) or `right` (figures). */
export type Alignment = 'left' | 'right';

/** Rows of text set in columns two spaces apart, without trailing spaces. Rows may be shorter than others. */
export function table(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (alignments[i] === 'right' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** Lines indented by two spaces, for the body under a heading. */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
