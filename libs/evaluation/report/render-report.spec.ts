import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateCells, type Evaluation } from '../evaluation/evaluate-cells';
import { golden, goldenCounts } from '../fixtures/golden';
import type { SummaryRow } from '../evaluation/summary-row';
import { html } from './markup';
import { figure, intervalText } from './number-format';
import { coloursOf } from './palette';
import { closeness, verdict } from './readings';
import { renderReport } from './render-report';

function labelled(names: readonly string[]): { categories: string[]; codes: Int32Array } {
  const categories = [...new Set(names)].sort();
  return { categories, codes: Int32Array.from(names, (name) => categories.indexOf(name)) };
}

const real = { name: 'real <b>&"cells"', counts: goldenCounts('real_counts', 200), labels: labelled(golden.distances.real_labels) };
const generated = { name: 'synthetic.h5ad', counts: goldenCounts('generated_counts'), labels: labelled(golden.distances.generated_labels) };
const losses = [
  {
    title: 'Autoencoder',
    axis: 'epoch',
    lines: [
      {
        name: 'training',
        points: [
          [0, 3],
          [1, NaN],
          [2, 1],
        ] as [number, number][],
      },
    ],
  },
];

describe('report', () => {
  let evaluation: Evaluation;
  let page: string;

  beforeAll(async () => {
    evaluation = await evaluateCells({
      real,
      generated,
      training: real,
      genes: golden.genes,
      settings: { hvg: 300, trees: 10, mapCells: 120, bootstrap: 20 },
      software: '0.1.0',
    });
    page = renderReport(evaluation.result, evaluation.plots, { title: 'PBMC', createdAt: '2026-01-01', losses });
  }, 60_000);

  it('stands by itself: no script, no request, and small', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\((?!#)|\ssrc=/);
    expect(page.match(/https?:\/\/[^"' )<]+/g)?.filter((url) => !url.startsWith('http://www.w3.org/'))).toEqual([]);
    expect(page.length).toBeLessThan(1_000_000);
  });

  it('shows every figure of the result, the labels, the skipped labels and the curves', () => {
    const w2 = evaluation.result.summary.find(({ id }) => id === 'w2.centred')?.mean ?? null;
    expect(page).toContain(`<td class="n strong">${figure(w2)}</td>`);
    const interval = evaluation.result.summary.find(({ id }) => id === 'w2.centred')?.interval ?? null;
    expect(page).toContain(intervalText(interval));
    for (const label of new Set(golden.distances.real_labels)) expect(page).toContain(label);
    expect(page).toMatch(/Megakaryocytes[\s\S]*not scored: needs more than one/);
    expect(page).toContain('aria-label="UMAP of real and of generated cells');
    expect(page).toContain('<h3>Autoencoder</h3>');
    expect(page.match(/<svg /g)).toHaveLength(8);
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });

  it('lists marker genes and the tests for copies, with the verdict', () => {
    const privacy = evaluation.result.privacy;
    expect('sets' in privacy && privacy.sets[0]?.copies.exact).toBe(0);
    expect(page).toContain('<h2>Marker genes</h2>');
    for (const gene of evaluation.result.scores[0]?.markers?.labels[0]?.markers ?? []) expect(page).toContain(gene);
    expect(page).toContain('<h2>Copies of training cells</h2>');
    expect(page).toContain('That is no proof of privacy');
    expect(page).toContain('aria-label="Distance to the nearest training cell"');
  });

  it('escapes names that come from files', () => {
    expect(page).toContain('real &lt;b&gt;&amp;&quot;cells&quot;');
    expect(page).not.toContain('real <b>');
  });

  it('closes what it opens', () => {
    const open: string[] = [];
    const alone = new Set(['meta', '!doctype', 'br']);
    for (const [, closing, name, end] of page
      .replace(/<style>[\s\S]*?<\/style>/g, '')
      .matchAll(/<(\/?)([!a-z][a-z0-9]*)\b[^>]*?(\/?)>/gi)) {
      if (end === '/' || alone.has(name.toLowerCase())) continue;
      if (closing === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it('is the same for the same evaluation, map and all', async () => {
    expect(renderReport(evaluation.result, evaluation.plots, { title: 'PBMC', createdAt: '2026-01-01', losses })).toBe(page);
    const again = await evaluateCells({
      real,
      generated,
      genes: golden.genes,
      settings: { hvg: 300, trees: 1, mapCells: 120, bootstrap: 0 },
    });
    expect(again.plots.maps?.umap.generated.points.values).toEqual(evaluation.plots.maps?.umap.generated.points.values);
  });

  it('leaves out what is not there: labels, references, maps, curves', async () => {
    const bare = await evaluateCells({
      real: { name: 'a', counts: real.counts },
      generated: { name: 'b', counts: generated.counts },
      genes: golden.genes,
      settings: { hvg: 100, trees: 2, mapCells: 0, bootstrap: 0, protocols: ['paper'] },
    });
    const plain = renderReport(bare.result, bare.plots);
    expect(plain).not.toMatch(/Maps of the cells|Label by label|<h2>Training|protocol “centred”/);
    expect(plain).not.toMatch(/NaN|undefined|\[object/);
    expect(plain.match(/<svg /g)).toHaveLength(4);
  });
});

describe('readings', () => {
  const row = (values: Partial<SummaryRow>): SummaryRow => ({
    id: 'auc.forest',
    title: 'AUC',
    better: 'half',
    mean: 0.6,
    sem: null,
    replicates: 1,
    interval: null,
    floorInterval: null,
    floor: 0.5,
    baseline: 0.9,
    ...values,
  });

  it('place a figure between baseline and floor, whichever way is better', () => {
    expect(closeness(row({}))).toBeCloseTo(0.75, 12);
    expect(closeness(row({ mean: 0.4 }))).toBeCloseTo(0.75, 12);
    expect(closeness(row({ better: 'lower', mean: 9, floor: 8, baseline: 10 }))).toBe(0.5);
    expect(closeness(row({ better: 'higher', mean: 0.2, floor: 0.9, baseline: 0.5 }))).toBe(0);
    expect(closeness(row({ better: 'lower', mean: 9, floor: 8, baseline: 7 }))).toBeNull();
    expect(closeness(row({ floor: null }))).toBeNull();
  });

  it('say in words how easily cells are recognised', () => {
    expect(verdict([row({ mean: 0.51 })])).toMatch(/no better than guessing.*51 of 100.*0\.500/);
    expect(verdict([row({ mean: 0.97, floor: null })])).toMatch(/almost always/);
    expect(verdict([row({ mean: null })])).toMatch(/too few cells/);
  });

  it('write figures with about three digits', () => {
    expect([0, null, 0.00123, 0.0456, 8.3678, 123.4, 54321].map(figure)).toEqual(['0', '–', '0.0012', '0.046', '8.37', '123', '54,321']);
  });
});

describe('page pieces', () => {
  it('escape text and keep markup', () => {
    expect(html`<p>${'<&>'}${html`<b>${1}</b>`}${[html`a`, html`b`]}</p>`.markup).toBe('<p>&lt;&amp;&gt;<b>1</b>ab</p>');
  });

  it('give each of few labels its own colour, and rare ones of many labels grey together', () => {
    const few = coloursOf(['a', 'b', 'c'], false);
    expect(new Set(few.map(({ colour }) => colour)).size).toBe(3);
    const many = coloursOf(
      Array.from({ length: 20 }, (_, i) => `type ${i}`),
      false,
    );
    expect(many).toHaveLength(12);
    expect(many.at(-1)).toMatchObject({ label: undefined, name: '9 other labels' });
  });
});
