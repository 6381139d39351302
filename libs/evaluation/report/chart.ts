import { createRequire } from 'node:module';
import type * as Echarts from 'echarts';
import type { EChartsCoreOption } from 'echarts/core';
import { raw, type Markup } from './markup';

/** Taken when the first chart is drawn, and as one file: most commands draw none and must not wait for its hundreds of modules. */
let echarts: typeof Echarts | undefined;

/** Without quotes: the renderer puts it into an attribute as it is. */
const fontFamily = 'system-ui, sans-serif';
const ink = '#3C4650';

/** Draws a chart as an SVG that scales with the page and carries a description for those who cannot see it. */
export function chart(option: EChartsCoreOption, size: { width: number; height: number }, description: string): Markup {
  echarts ??= createRequire(import.meta.url)('echarts') as typeof Echarts;
  const instance = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  instance.setOption({ animation: false, textStyle: { fontFamily, color: ink }, ...option });
  const svg = instance.renderToSVGString();
  instance.dispose();
  const label = description.replace(/[&<>"]/g, ' ');
  // The library numbers its charts over the life of the process; a page must not depend on what was drawn before it.
  const prefix = description.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return raw(
    trimmed(svg)
      .replace(/\bzr\d+-/g, `${prefix}-`)
      .replace('<svg ', `<svg role="img" aria-label="${label}" `),
  );
}

/**
 * Leaves out what only a script or a mouse would use (part of which is numbered over the life of the process), and digits beyond a tenth of a
 * pixel, which make up most of a scatter plot's bytes. Only coordinates are rounded, never text, opacities or the matrix of a rotation.
 */
function trimmed(svg: string): string {
  return svg
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class="[^"]*-cls-\d+"|ecmeta_\w+="[^"]*"|pointer-events="visible")/g, '')
    .replace(/ (?:d|points)="[^"]*"/g, (path) => path.replace(/-?\d+\.\d{2,}/g, (number) => String(Math.round(Number(number) * 10) / 10)));
}

/** Shared look of value axes. */
export function valueAxis(name: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameTextStyle: { color: ink, fontSize: 12 },
    axisLine: { show: true, onZero: false, lineStyle: { color: '#C5CCD3' } },
    axisTick: { show: false },
    axisLabel: { color: '#5B6670', fontSize: 11 },
    splitLine: { lineStyle: { color: '#EEF1F4' } },
    ...extra,
  };
}

/** An axis of a map: no numbers, for distances on it have no unit. */
export function bareAxis(name: string, range: { min: number; max: number }): Record<string, unknown> {
  return valueAxis(name, { ...range, axisLabel: { show: false }, splitLine: { show: false }, axisLine: { show: false }, nameGap: 8 });
}
