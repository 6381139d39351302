import { chart, valueAxis } from '../report/chart';
import { coloursOf } from '../report/palette';
import type { GuidanceResult, WeightsFit } from './result';

const panelHeight = 190;
const widthOfSetting = 46;

/**
 * The sweep as an SVG of its own: agreement above, spread ratio with its band below, a column for each choice of weights, a colour for each attribute; the
 * recommended weights are marked.
 */
export function renderGuidance({ sweep, settings, recommended, realAgreement }: GuidanceResult): string {
  const names = sweep[0]?.attributes.map(({ name }) => name) ?? [];
  const colours = coloursOf(names, false).map(({ colour }) => colour);
  const columns = sweep.map(({ weights }) => textOf(weights));
  const chosen = sweep.findIndex(({ weights }) => recommended !== null && textOf(weights) === textOf(recommended.weights));
  const width = Math.max(480, 110 + widthOfSetting * sweep.length);
  const line = (name: string, panel: number, of: (fit: WeightsFit) => number | null, colour: string): Record<string, unknown> => ({
    ...{ type: 'line', name, xAxisIndex: panel, yAxisIndex: panel },
    data: sweep.map((fit, at) => {
      const value = of(fit);
      return { value: value === null ? null : Number(value.toPrecision(4)), symbolSize: at === chosen ? 13 : 6 };
    }),
    symbol: 'circle',
    showSymbol: true,
    showAllSymbol: true,
    lineStyle: { color: colour, width: 1.4, opacity: 0.6 },
    itemStyle: { color: colour },
  });
  const level = (panel: number, value: number, colour: string): Record<string, unknown> => ({
    ...{ type: 'line', xAxisIndex: panel, yAxisIndex: panel, data: sweep.map(() => value), showSymbol: false, silent: true },
    lineStyle: { color: colour, width: 1, type: 'dashed' },
  });
  const attribute = (at: number) => (fit: WeightsFit) => fit.attributes[at];
  const xAxis = (panel: number, labels: boolean): Record<string, unknown> => ({
    ...{ type: 'category', gridIndex: panel, data: columns, axisTick: { show: false } },
    axisLabel: labels ? { color: '#5B6670', fontSize: 11, interval: 0, rotate: 60 } : { show: false },
    axisLine: { lineStyle: { color: '#C5CCD3' } },
  });
  const option = {
    legend: { data: names, top: 0, left: 60, icon: 'roundRect', itemWidth: 14, itemHeight: 3, itemGap: 22 },
    grid: [
      { left: 64, right: 16, top: 34, height: panelHeight },
      { left: 64, right: 16, top: 34 + panelHeight + 28, height: panelHeight },
    ],
    xAxis: [xAxis(0, false), xAxis(1, true)],
    yAxis: [
      valueAxis('agreement', { gridIndex: 0, nameGap: 44, min: 0, max: 1 }),
      valueAxis('spread ratio', { gridIndex: 1, nameGap: 44, min: 0 }),
    ],
    series: names
      .flatMap((name, at) => {
        const colour = colours[at] ?? '#4D4D4D';
        const reachable = realAgreement.find((entry) => entry.name === name)?.agreement;
        return [
          line(name, 0, (fit) => attribute(at)(fit)?.agreement ?? null, colour),
          line(name, 1, (fit) => attribute(at)(fit)?.spreadRatio ?? null, colour),
          ...(reachable === undefined ? [] : [level(0, reachable, colour)]),
        ];
      })
      .concat(settings.band.map((value) => level(1, value, '#9AA3AD'))),
  };
  const longest = Math.max(...columns.map((text) => text.length));
  const height = 34 + 2 * panelHeight + 28 + 30 + Math.ceil(longest * 5.4);
  const described = `Agreement and spread ratio of ${names.join(' and ')} by guidance weights${recommended === null ? '' : `; recommended: ${textOf(recommended.weights)}`}`;
  return `${chart(option, { width, height }, described).markup}\n`;
}

/** `cell_type 2, donor 1`. */
export function textOf(weights: Readonly<Record<string, number>>): string {
  return Object.entries(weights)
    .map(([name, weight]) => `${name} ${weight}`)
    .join(', ');
}
