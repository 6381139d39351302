import { chart, labelColours, valueAxis } from '@cfgen/evaluation';
import type { Answer } from './answers';
import type { PlanOptions } from './plan';
import { seriesOf, type Series } from './series';

const size = { width: 960, height: 330 };
const panels = { cells: 0, genes: 1, threads: 2 } as const;
const titles: Record<Series['axis'], string> = { cells: 'cells', genes: 'genes', threads: 'threads' };
const markers = ['circle', 'diamond', 'triangle', 'rect'];

/** Seconds of an epoch against cells, genes and threads, as SVG; undefined where no training was measured. */
export function scalePlot(answers: readonly Answer[], plan: PlanOptions): string | undefined {
  const series = seriesOf(answers, plan).filter(({ points }) => points.length > 0);
  if (series.length === 0) return undefined;
  const axes = Object.keys(panels) as Series['axis'][];
  const option = {
    legend: { top: 0, icon: 'circle', data: [...new Set(series.map(({ engine }) => engine))] },
    grid: axes.map((_, at) => ({ left: `${6 + at * 33}%`, width: '25%', top: 45, bottom: 50 })),
    xAxis: axes.map((axis, gridIndex) =>
      valueAxis(titles[axis], {
        gridIndex,
        nameGap: 30,
        ...(axis === 'threads' ? { type: 'category', data: plan.threads.map(String) } : logarithmic),
      }),
    ),
    yAxis: axes.map((_, gridIndex) => valueAxis(gridIndex === 0 ? 'seconds an epoch' : '', { gridIndex, nameGap: 45, ...logarithmic })),
    series: series.map(({ axis, engine, points }) => {
      const colour = labelColours[plan.engines.indexOf(engine) % labelColours.length];
      return {
        type: 'line',
        name: engine,
        xAxisIndex: panels[axis],
        yAxisIndex: panels[axis],
        symbol: markers[plan.engines.indexOf(engine) % markers.length],
        symbolSize: 7,
        lineStyle: { width: 1.5, color: colour },
        itemStyle: { color: colour },
        data: points.map(([x, y]) => [axis === 'threads' ? String(x) : x, Number(y.toPrecision(4))]),
      };
    }),
  };
  return `${chart(option, size, 'Seconds of a training epoch against cells, genes and threads').markup}\n`;
}

const logarithmic = { type: 'log', minorSplitLine: { show: false } };
