import type { ExpressionProfile } from '../realism/expression-profile';
import { chart, valueAxis } from './chart';
import type { Markup } from './markup';
import { generatedColour, neutralColour, realColour } from './palette';

const size = { width: 460, height: 340 };
const grid = { left: 58, right: 14, top: 34, bottom: 48 };
/** Genes drawn; more only hide each other. */
const mostGenes = 2000;

/** Variance against mean of each gene, real and generated on top of each other. */
export function meanVarianceChart(real: ExpressionProfile, generated: ExpressionProfile): Markup {
  const series = [
    ['Real', real, realColour],
    ['Generated', generated, generatedColour],
  ] as const;
  const option = {
    legend: { data: series.map(([name]) => name), top: 0, left: 54, icon: 'circle', itemWidth: 9, itemHeight: 9 },
    grid,
    xAxis: logAxis('mean log-normalised expression', 30),
    yAxis: logAxis('variance', 44),
    series: series.map(([name, profile, colour]) => ({
      type: 'scatter',
      name,
      large: true,
      largeThreshold: 0,
      symbolSize: 2.6,
      itemStyle: { color: colour, opacity: 0.45 },
      data: thinned(profile.geneMeans, profile.geneVariances),
    })),
  };
  return chart(option, size, 'Variance against mean of each gene, real and generated');
}

/** Mean of each gene in generated against real cells, with the line of equality. */
export function geneMeansChart(real: ExpressionProfile, generated: ExpressionProfile): Markup {
  const points = thinned(real.geneMeans, generated.geneMeans);
  const values = points.flat();
  const ends = [Math.min(...values), Math.max(...values)];
  const option = {
    grid: { ...grid, top: 14 },
    xAxis: logAxis('mean expression, real', 30),
    yAxis: logAxis('mean expression, generated', 44),
    series: [
      {
        type: 'line',
        data: ends.map((end) => [end, end]),
        showSymbol: false,
        lineStyle: { color: neutralColour, width: 1.5, type: 'dashed' },
        silent: true,
      },
      { type: 'scatter', large: true, largeThreshold: 0, symbolSize: 2.6, itemStyle: { color: '#009E73', opacity: 0.5 }, data: points },
    ],
  };
  return chart(option, size, 'Mean expression of each gene, generated against real');
}

function logAxis(name: string, nameGap: number): Record<string, unknown> {
  return valueAxis(name, { type: 'log', nameGap, axisLabel: { color: '#5B6670', fontSize: 11, hideOverlap: true, formatter: powerOfTen } });
}

function powerOfTen(value: number): string {
  return value >= 0.001 && value <= 1000 ? String(Number(value.toPrecision(3))) : value.toExponential(0);
}

/** Every k-th gene with both values above 0, in the order of x, so that the whole range stays covered. */
function thinned(x: Float64Array, y: Float64Array): [number, number][] {
  const genes = Array.from(x.keys()).filter((j) => x[j] > 0 && y[j] > 0);
  genes.sort((a, b) => x[a] - x[b]);
  const every = Math.max(1, Math.ceil(genes.length / mostGenes));
  return genes.filter((_, at) => at % every === 0).map((j) => [Number(x[j].toPrecision(4)), Number(y[j].toPrecision(4))]);
}
