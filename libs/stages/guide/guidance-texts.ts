import { renderGuidance, type GuidanceResult } from '@cfgen/evaluation';

/** The files of a sweep by name: all figures, a table, a plot. */
export function guidanceTexts(result: GuidanceResult): Readonly<Record<'guidance.json' | 'guidance.tsv' | 'guidance.svg', string>> {
  return {
    'guidance.json': `${JSON.stringify(result, null, 1)}\n`,
    'guidance.tsv': tableText(result),
    'guidance.svg': renderGuidance(result),
  };
}

/** Tab-separated: a line for each choice of weights. */
function tableText({ sweep, recommended }: GuidanceResult): string {
  const names = sweep[0]?.attributes.map(({ name }) => name) ?? [];
  const header = [
    ...names.map((name) => `weight ${name}`),
    ...names.map((name) => `agreement ${name}`),
    ...names.map((name) => `spread ratio ${name}`),
    ...['mean agreement', 'within band', 'recommended'],
  ];
  const rows = sweep.map(({ weights, attributes, meanAgreement, withinBand }) => [
    ...names.map((name) => String(weights[name] ?? '')),
    ...attributes.map(({ agreement }) => String(agreement)),
    ...attributes.map(({ spreadRatio }) => (spreadRatio === null ? '' : String(spreadRatio))),
    ...[String(meanAgreement), withinBand ? 'yes' : 'no'],
    recommended !== null && names.every((name) => weights[name] === recommended.weights[name]) ? 'yes' : 'no',
  ]);
  return [header, ...rows].map((row) => `${row.join('\t')}\n`).join('');
}
