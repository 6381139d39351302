/** Figures as the page writes them. */

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Seconds to three digits, or minutes above ten of them. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '';
  if (seconds >= 600) return `${(seconds / 60).toFixed(1)} min`;
  return seconds < 1 ? `${(seconds * 1000).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}

export function memorySize(bytes: number | undefined): string {
  return bytes === undefined ? '' : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

export function fileSize(bytes: number | undefined): string {
  return bytes === undefined ? '' : `${(bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1)} GB`;
}

/**
 * Exponent b of y = a x^b by least squares on logarithms: 1 is linear.
 *
 * @returns undefined for fewer than two different x
 */
export function growthExponent(points: readonly (readonly [x: number, y: number])[]): number | undefined {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (pick: 0 | 1): number => logs.reduce((sum, point) => sum + point[pick], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const spread = logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return spread > 0 ? logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / spread : undefined;
}
