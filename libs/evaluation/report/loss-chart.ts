import { chart, valueAxis } from './chart';
import type { Markup } from './markup';
import { generatedColour, realColour } from './palette';

/** Loss of one training, by epoch or step. */
export interface LossCurve {
  /** What was trained, e.g. `Autoencoder`. */
  readonly title: string;
  /** What x counts, e.g. `epoch`. */
  readonly axis: string;
  /** Named lines of [x, loss]; usually training and validation. Values that are not finite are left out. */
  readonly lines: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[];
}

const size = { width: 460, height: 280 };
/** Points kept of a line: more than there are pixels to see them on. */
const mostPoints = 400;

/** The lines of one training. */
export function lossChart(curve: LossCurve): Markup {
  const lines = curve.lines.map(({ name, points }) => {
    const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
    const every = Math.max(1, Math.ceil(finite.length / mostPoints));
    return { name, points: finite.filter((_, at) => at % every === 0 || at === finite.length - 1) };
  });
  const colours = [realColour, generatedColour, '#009E73', '#CC79A7'];
  const option = {
    legend: { data: lines.map(({ name }) => name), top: 0, left: 54, icon: 'roundRect', itemWidth: 14, itemHeight: 3, itemGap: 22 },
    grid: { left: 62, right: 16, top: 34, bottom: 44 },
    xAxis: valueAxis(curve.axis, {
      nameGap: 28,
      min: 'dataMin',
      max: 'dataMax',
      splitLine: { show: false },
      axisLabel: { color: '#5B6670', fontSize: 11, showMaxLabel: false },
    }),
    yAxis: valueAxis('loss', { nameGap: 48, scale: true }),
    series: lines.map(({ name, points }, at) => ({
      type: 'line',
      name,
      data: points.map(([x, y]) => [x, Number(y.toPrecision(5))]),
      showSymbol: points.length < 30,
      symbolSize: 4,
      lineStyle: { color: colours[at % colours.length], width: 1.8 },
      itemStyle: { color: colours[at % colours.length] },
    })),
  };
  return chart(option, size, `${curve.title}: loss by ${curve.axis}`);
}
