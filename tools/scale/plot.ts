import { chart, labelColours, valueAxis } from '@cfgen/evaluation';
import type { Answer } from './answers';
import type { PlanOptions } from './plan';
import { seriesOf, type Series } from './series';

const size = { width: 960, height: 330 };
const axes = ['cells', 'genes', 'threads'] as const;
const markers = ['circle', 'diamond', 'triangle', 'rect'];
const linear = 'in proportion to cells';

/** Seconds of an epoch against cells (both on logarithmic axes), genes and threads, as SVG; undefined where no training was measured. */
export function scalePlot(answers: readonly Answer[], plan: PlanOptions): string | undefined {
  const series = seriesOf(answers, plan).filter(({ points }) => points.length > 0);
  if (series.length === 0) return undefined;
  const decades = (values: readonly number[]): { min: number; max: number } => ({
    min: 10 ** Math.floor(Math.log10(Math.min(...values))),
    max: 10 ** Math.ceil(Math.log10(Math.max(...values))),
  });
  const overCells = series.filter(({ axis }) => axis === 'cells').flatMap(({ points }) => points);
  const logarithmic = (values: readonly number[]) => ({ type: 'log', ...decades(values), axisLabel: { formatter: short } });
  const plain = { min: 0, axisLabel: { formatter: short } };
  const option = {
    legend: { top: 0 },
    grid: axes.map((_, at) => ({ left: `${7 + at * 32.5}%`, width: '24%', top: 45, bottom: 50 })),
    xAxis: [
      valueAxis('cells', { gridIndex: 0, nameGap: 30, ...logarithmic(overCells.map(([x]) => x)) }),
      valueAxis('genes', { gridIndex: 1, nameGap: 30, ...plain }),
      valueAxis('threads', { gridIndex: 2, nameGap: 30, type: 'category', data: plan.threads.map(String) }),
    ],
    yAxis: [
      valueAxis('seconds an epoch', { gridIndex: 0, nameGap: 45, ...logarithmic(overCells.map(([, y]) => y)) }),
      valueAxis('', { gridIndex: 1, ...plain }),
      valueAxis('', { gridIndex: 2, ...plain }),
    ],
    series: [...series.map((each) => line(each, plan)), ...proportion(series)],
  };
  return `${chart(option, size, 'Seconds of a training epoch against cells, genes and threads').markup}\n`;
}

function line({ axis, engine, points }: Series, plan: PlanOptions): Record<string, unknown> {
  const at = plan.engines.indexOf(engine);
  const colour = labelColours[at % labelColours.length];
  return {
    type: 'line',
    name: engine,
    xAxisIndex: axes.indexOf(axis),
    yAxisIndex: axes.indexOf(axis),
    symbol: markers[at % markers.length],
    symbolSize: 7,
    lineStyle: { width: 1.5, color: colour },
    itemStyle: { color: colour },
    data: points.map(([x, y]) => [axis === 'threads' ? String(x) : x, Number(y.toPrecision(4))]),
  };
}

/** What linear growth from the largest measured size down would look like. */
function proportion(series: readonly Series[]): Record<string, unknown>[] {
  const first = series.find(({ axis, points }) => axis === 'cells' && points.length > 1)?.points;
  const [start, end] = [first?.[0], first?.at(-1)];
  if (start === undefined || end === undefined) return [];
  const style = { type: 'dashed', width: 1, color: '#9AA3AD' };
  return [
    {
      ...{ type: 'line', name: linear, xAxisIndex: 0, yAxisIndex: 0, symbol: 'none', lineStyle: style, itemStyle: { color: style.color } },
      data: [
        [start[0], (end[1] * start[0]) / end[0]],
        [end[0], end[1]],
      ],
    },
  ];
}

/** 1,000 as 1k, a million as 1M. */
function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e3 ? `${value / 1e3}k` : String(value);
}
