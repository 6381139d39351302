import { bareAxis, chart } from './chart';
import type { Markup } from './markup';
import type { LabelColour } from './palette';
import type { MapPoints } from './plot-data';

const size = { width: 940, height: 430 };
const panels = [
  { left: 26, right: 480 },
  { left: 486, right: 20 },
] as const;

/** Real cells beside generated ones on the same axes, coloured by label. */
export function mapChart(
  title: string,
  axes: readonly [string, string],
  maps: { readonly real: MapPoints; readonly generated: MapPoints },
  colours: readonly LabelColour[],
): Markup {
  const both = [maps.real, maps.generated];
  const ranges = [0, 1].map((axis) => rangeOf(both, axis));
  const option = {
    title: ['Real', 'Generated'].map((text, at) => ({
      text: `${text} (${both[at].labels.length} cells)`,
      left: panels[at].left,
      top: 0,
      textStyle: { fontSize: 13, fontWeight: 600 },
    })),
    grid: panels.map((panel) => ({ ...panel, top: 28, bottom: 26, show: true, borderColor: '#DDE2E7', backgroundColor: '#FFFFFF' })),
    xAxis: both.map((_, at) => ({ ...bareAxis(axes[0], ranges[0]), gridIndex: at })),
    yAxis: both.map((_, at) => ({ ...bareAxis(axes[1], ranges[1]), gridIndex: at })),
    series: both.flatMap((map, at) => colours.map((colour) => seriesOf(map, at, colour, colours))),
  };
  return chart(option, size, `${title} of real and of generated cells, coloured by label`);
}

function seriesOf(
  { points, labels }: MapPoints,
  panel: number,
  colour: LabelColour,
  colours: readonly LabelColour[],
): Record<string, unknown> {
  const known = new Set(colours.map(({ label }) => label));
  const data: [number, number][] = [];
  labels.forEach((label, i) => {
    const shownAs = known.has(label) ? label : undefined;
    if (shownAs === colour.label) data.push([points.values[2 * i], points.values[2 * i + 1]]);
  });
  return {
    type: 'scatter',
    name: colour.name,
    xAxisIndex: panel,
    yAxisIndex: panel,
    data,
    large: true,
    largeThreshold: 0,
    symbolSize: labels.length > 800 ? 3.2 : 4.2,
    itemStyle: { color: colour.colour, opacity: 0.75 },
  };
}

function rangeOf(maps: readonly MapPoints[], axis: number): { min: number; max: number } {
  let min = Infinity;
  let max = -Infinity;
  for (const { points } of maps) {
    for (let at = axis; at < points.values.length; at += 2) {
      min = Math.min(min, points.values[at]);
      max = Math.max(max, points.values[at]);
    }
  }
  const margin = 0.04 * (max - min) || 1;
  return { min: min - margin, max: max + margin };
}
