import { expect, it } from 'vitest';
import { evaluateChromatin } from '../../chromatin/evaluate-chromatin';
import type { EvaluationResult } from '../../evaluation/result';
import { defaultSettings as settings } from '../../evaluation/settings';
import { toyCells, toyPeaks as peaks } from '../../fixtures/toy-chromatin';
import { chromatin } from './chromatin';

const [real, training] = [toyCells(60, 1), toyCells(80, 2)];
const generated = [toyCells(60, 3), { ...toyCells(60, 4), name: 'a <second> set' }];
const rendered = (result: Pick<EvaluationResult, 'chromatin' | 'settings'>) => chromatin(result as EvaluationResult).markup;

it('the section of open chromatin shows each figure beside floor and baseline, and each label', async () => {
  const result = await evaluateChromatin({ real, generated, training, peaks }, settings);
  const page = rendered({ chromatin: JSON.parse(JSON.stringify(result)), settings });
  for (const { title, mean } of result.summary) {
    expect(mean, title).not.toBeNull();
    expect(page).toContain(title);
  }
  for (const text of [
    '60 peaks, open or closed',
    'mean ± SEM of 2',
    'Label by label (protocol “centred”, first replicate)',
    '>left<',
    '>right<',
  ]) {
    expect(page).toContain(text);
  }
  expect(page).not.toMatch(/NaN|undefined|null/);
});

it('there is no section without open chromatin, and no table of labels without labels', async () => {
  expect(rendered({ settings })).toBe('');
  const unlabelled = generated.map(({ name, counts }) => ({ name, counts }));
  const result = await evaluateChromatin({ real, generated: unlabelled, peaks }, settings);
  const page = rendered({ chromatin: result, settings });
  expect(page).toContain('Open chromatin (ATAC)');
  expect(page).not.toContain('Label by label');
  expect(page).not.toMatch(/NaN|undefined|null/);
});
