import { chart, valueAxis } from './chart';
import type { Markup } from './markup';
import { generatedColour, realColour } from './palette';

const size = { width: 460, height: 300 };
const bins = 40;

export interface HistogramOptions {
  readonly title: string;
  readonly axis: string;
  /** Values are spread on a logarithmic axis. */
  readonly logarithmic?: boolean;
  /** What the two sides are called; `Real` and `Generated` unless given. */
  readonly names?: readonly [string, string];
}

/** Share of the cells in each of forty equal bins, both sides on top of each other. */
export function histogramChart(real: Float64Array, generated: Float64Array, options: HistogramOptions): Markup {
  const scale = options.logarithmic === true ? (value: number): number => Math.log10(Math.max(value, 1)) : (value: number): number => value;
  const sides = [real.map(scale), generated.map(scale)];
  const low = Math.min(...sides.map((values) => values.reduce((a, b) => Math.min(a, b), Infinity)));
  const high = Math.max(...sides.map((values) => values.reduce((a, b) => Math.max(a, b), -Infinity)));
  const width = (high - low) / bins || 1;
  const ticks = options.logarithmic === true ? { customValues: roundLogarithms(low, high) } : { showMinLabel: false, showMaxLabel: false };
  const names = [...(options.names ?? ['Real', 'Generated'])];
  const colours = [realColour, generatedColour];
  const option = {
    legend: { data: names, top: 0, left: 50, icon: 'circle', itemWidth: 9, itemHeight: 9 },
    grid: { left: 54, right: 16, top: 34, bottom: 46 },
    xAxis: valueAxis(options.axis, {
      min: low,
      max: low + bins * width,
      nameGap: 28,
      splitLine: { show: false },
      axisLabel: {
        ...ticks,
        color: '#5B6670',
        fontSize: 11,
        hideOverlap: true,
        formatter: (value: number) => tick(options.logarithmic === true ? 10 ** value : value),
      },
    }),
    yAxis: valueAxis('share of cells', {
      nameGap: 40,
      min: 0,
      axisLabel: { color: '#5B6670', fontSize: 11, formatter: (v: number) => `${Math.round(100 * v)} %` },
    }),
    series: sides.map((values, at) => ({
      type: 'line',
      name: names[at],
      data: outline(values, low, width),
      step: 'start',
      showSymbol: false,
      lineStyle: { color: colours[at], width: 1.8 },
      itemStyle: { color: colours[at] },
      areaStyle: { color: colours[at], opacity: 0.13 },
    })),
  };
  return chart(option, size, options.title);
}

/** Left edge and share of each bin, closed at the right end. */
function outline(values: Float64Array, low: number, width: number): [number, number][] {
  const counts = new Float64Array(bins);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - low) / width))]++;
  const points: [number, number][] = Array.from(counts, (count, bin) => [low + bin * width, count / values.length]);
  return [...points, [low + bins * width, points[bins - 1][1]]];
}

/** Logarithms of 1, 2 and 5 times the powers of ten within the range. */
function roundLogarithms(low: number, high: number): number[] {
  const decades = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, at) => Math.floor(low) + at);
  return decades.flatMap((decade) => [1, 2, 5].map((digit) => decade + Math.log10(digit))).filter((value) => value >= low && value <= high);
}

function tick(value: number): string {
  return value >= 100 ? Number(value.toPrecision(6)).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
