// Figures of a page: medians, ranges, units.

/** @param {number[]} values */
export function median(values) {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * A median and where the values lie, in a unit.
 *
 * @param {number[]} values
 * @param {(value: number) => string} unit
 */
export function range(values, unit) {
  const shown = unit(median(values));
  return values.length === 1 ? shown : `${shown} (${unit(Math.min(...values))} to ${unit(Math.max(...values))})`;
}

const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** @param {number} value seconds */
export const seconds = (value) => (value < 1 ? `${digits(value * 1e3)} ms` : `${digits(value)} s`);

/** @param {number} value bytes */
export const mebibytes = (value) => `${(value / 1024 ** 2).toFixed(0)} MiB`;

/** @param {number} value how many times as much */
export const times = (value) => value.toFixed(value < 10 ? 2 : 1);
