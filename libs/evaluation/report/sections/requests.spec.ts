import { expect, it } from 'vitest';
import { storedCounts } from '../../cells/stored-counts';
import type { EvaluationResult } from '../../evaluation/result';
import { requestAgreements } from '../../requests/request-agreement';
import { requests } from './requests';

/** Cells of one gene with these counts. */
const cells = (name: string, totals: readonly number[]) => ({
  name,
  counts: storedCounts({
    ...{ rows: totals.length, columns: 1 },
    indptr: Uint32Array.from({ length: totals.length + 1 }, (_, i) => i),
    indices: new Uint32Array(totals.length),
    values: Float32Array.from(totals),
  }),
});
const rendered = (result: Pick<EvaluationResult, 'requests'>) => requests(result as EvaluationResult).markup;

it('the section of requests shows each set that carries them by tenth, and none is there where no set does', () => {
  const totals = Array.from({ length: 40 }, (_, i) => 100 + i);
  const found = requestAgreements([
    { ...cells('a <first> set', totals), requestedSizes: Float64Array.from(totals, (total) => 2 * total) },
    cells('without', totals),
    { ...cells('fixed', totals), requestedSizes: new Float64Array(40).fill(200) },
    { ...cells('empty cells', [0, 0]), requestedSizes: Float64Array.of(5, 6) },
  ]);
  expect(found?.map(({ name }) => name)).toEqual(['a <first> set', 'fixed', 'empty cells']);
  expect(found?.[0]?.sizeFactors).toMatchObject({ cells: 40, medianRatio: 0.5 });
  expect(found?.[2]?.sizeFactors).toEqual({ cells: 0, medianRatio: null, logCorrelation: null, deciles: [] });
  const page = rendered(found === undefined ? {} : { requests: JSON.parse(JSON.stringify(found)) as typeof found });
  for (const text of ['a &lt;first&gt; set', 'correlation of the logarithms 1.00', '<td class="n strong">0.500</td>']) {
    expect(page).toContain(text);
  }
  expect(page.match(/correlation of the logarithms/g)).toHaveLength(1);
  expect(page).not.toMatch(/NaN|undefined|null/);
  expect(rendered({})).toBe('');
  expect(requestAgreements([cells('without', totals)])).toBeUndefined();
});
