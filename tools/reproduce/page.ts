import type { Section } from './experiment';

/** Where and with what the figures were made. */
export interface Circumstances {
  readonly version: string;
  readonly node: string;
  readonly processor: string;
  readonly threads: number;
  readonly seeds: readonly number[];
}

/** The whole page in Markdown. */
export function renderPage(
  sections: readonly Section[],
  commands: readonly string[],
  { version, node, processor, threads, seeds }: Circumstances,
): string {
  return [
    '# Results: the experiments of the CFGen paper on the data sets at hand',
    'Made by `npm run reproduce`: every figure is the answer of a `cfgen` command (listed at the end) on held-out cells.',
    `CFGen ${version}, Node ${node}, ${processor}, ${threads} threads; seeds ${seeds.join(', ')}: mean ± standard error over seeds. Times are of whole commands (start, reading, work, writing); what else the machine did meanwhile was not watched.`,
    ...sections.flatMap(({ title, body }) => [`## ${title}`, body]),
    '## The commands',
    `<details><summary>${commands.length} commands, in order</summary>`,
    ['```', ...commands, '```'].join('\n'),
    '</details>',
    '',
  ].join('\n\n');
}
