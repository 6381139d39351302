/** A figure for reading: about three digits, thousands separated; a dash where there is none. */
export function figure(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size >= 100) return value.toFixed(0);
  if (size >= 1) return value.toFixed(2);
  if (size === 0) return '0';
  return size >= 0.01 ? value.toFixed(3) : value.toPrecision(2);
}

/** A whole number with thousands separated. */
export function whole(value: number): string {
  return value.toLocaleString('en-US');
}

/** A share as a percentage without decimals. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Both ends of an interval; a dash where there is none. */
export function intervalText(interval: readonly [number, number] | null, end: (value: number) => string = figure): string {
  return interval === null ? '–' : `${end(interval[0])} to ${end(interval[1])}`;
}
