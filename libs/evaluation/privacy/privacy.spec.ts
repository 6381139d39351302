import { RandomStream, nearestNeighbours, randomKey } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import type { CellSet } from '../cells/cell-set';
import { defaultSettings } from '../evaluation/settings';
import { countsOf, goldenMatrix } from '../fixtures/golden';
import { logNormalised } from '../preprocessing/log-normalise';
import { auditPrivacy } from './audit';
import type { PrivacyAudit, PrivacyOfSet } from './result';
import { privacyVerdict } from './verdict';

const all = goldenMatrix('real_counts');
const settings = { ...defaultSettings, hvg: 300, components: 15, bootstrap: 40 };

/** Cells of PBMC3K, those of `rows`, with every count changed by `change`. */
function cells(name: string, rows: readonly number[], change: (count: number, random: RandomStream) => number = (count) => count): CellSet {
  const g = all.columns;
  const values = new Float64Array(rows.length * g);
  rows.forEach((row, at) => {
    const random = new RandomStream(randomKey(1, 'test'), row);
    for (let j = 0; j < g; j++) values[at * g + j] = change(all.values[row * g + j], random);
  });
  const donors = { categories: ['d0', 'd1'], codes: Int32Array.from(rows, (row) => Math.floor(row / 7) % 2) };
  return { name, counts: countsOf({ rows: rows.length, columns: g, values }), donors };
}

const third = (part: number): number[] => Array.from({ length: 100 }, (_, i) => 3 * i + part);
const training = cells('training', third(0));
const heldOut = cells('held out', third(1));

async function audit(set: CellSet, changed: Partial<typeof settings> = {}): Promise<PrivacyAudit & { readonly first: PrivacyOfSet }> {
  const { audit: found } = await auditPrivacy(training, heldOut, [set], { ...settings, ...changed }, () => Promise.resolve());
  const [first] = found.sets;
  if (first === undefined) throw new Error('no set was audited');
  return { ...found, first };
}

describe('privacy audit', () => {
  it('finds copies of training cells by every test', async () => {
    const { first, passed, signs } = await audit(cells('copies', third(0)));
    expect(passed).toBe(false);
    expect([...signs].sort()).toEqual(['exact-copies', 'membership', 'near-copies', 'training-nearer']);
    expect(first).toMatchObject({ copies: { exact: 100, near: 100 }, copiesOfHeldOut: { exact: 0, near: 0 }, medianDistance: 0 });
    expect(first.nearerThanHeldOut.value).toBe(1);
    expect(first.trainingNearer?.value).toBe(1);
    expect(first.membership?.value).toBeGreaterThan(0.95);
  });

  it('finds copies with a few counts changed', async () => {
    const { first, signs } = await audit(
      cells('nearly', third(0), (count, random) => (count > 0 && random.uniform() < 0.02 ? count + 1 : count)),
    );
    expect(first.copies.exact).toBeLessThan(20);
    expect(first.copies.near).toBeGreaterThan(90);
    expect(signs).toEqual(expect.arrayContaining(['near-copies', 'training-nearer', 'membership']));
  });

  it('finds copies among fresh cells, even when they are few', async () => {
    const { first, signs } = await audit(cells('some', [...third(2).slice(5), ...third(0).slice(0, 5)]));
    expect(first.copies).toEqual({ exact: 5, near: 5 });
    expect(signs).toEqual(['exact-copies', 'near-copies']);
  });

  it('finds nothing in other real cells, and says what they scored', async () => {
    const { first, floor, passed } = await audit(cells('fresh', third(2)));
    expect(passed).toBe(true);
    expect(first.copies).toEqual({ exact: 0, near: 0 });
    for (const share of [first.nearerThanHeldOut, first.trainingNearer, first.membership]) {
      expect(share?.interval?.[0]).toBeLessThan(0.5);
      expect(share?.interval?.[1]).toBeGreaterThan(0.5);
    }
    expect(floor).toMatchObject({ cells: 50, signs: [] });
  });

  it('does not take cells that vary too little for copies, and says what else their nearness may be', async () => {
    // Each cell together with the two most like it: less noise than a cell has, and no copies.
    const rows = third(2);
    const fresh = cells('fresh', rows);
    const logs = logNormalised(
      fresh.counts,
      Uint32Array.from({ length: all.columns }, (_, j) => j),
    );
    const { indices } = nearestNeighbours(logs, logs, 3);
    const values = new Float64Array(100 * all.columns);
    indices.forEach((other, at) => {
      const start = Math.floor(at / 3) * all.columns;
      for (let j = 0; j < all.columns; j++) values[start + j] += all.values[(rows[other] ?? 0) * all.columns + j];
    });
    const found = await audit({ name: 'even', counts: countsOf({ rows: 100, columns: all.columns, values }) });
    expect(found.signs).toEqual([]);
    expect(found.first.nearerThanHeldOut.value).toBeGreaterThan(0.55);
    expect(privacyVerdict({ ...found, remarks: ['nearer-than-held-out'] })).toMatch(/no sign of copied.*vary less than real cells/);
  });

  it('looks at each donor: whose cells are near, and can they be told', async () => {
    const copied = third(0).filter((row) => Math.floor(row / 7) % 2 === 1);
    const { first } = await audit(cells('one donor', copied));
    expect(first.donors?.heldOutDonors).toBe('shared');
    const [d0, d1] = first.donors?.donors ?? [];
    expect(d1?.nearestOfGenerated).toBe(1);
    expect(d1?.nearestOfHeldOut).toBeLessThan(0.7);
    expect(d1?.membership?.value).toBeGreaterThan(0.95);
    expect(d0?.membership?.value).toBeLessThan(0.7);
  });

  it('gives the same figures for the same seed', async () => {
    const [one, other] = [await audit(cells('fresh', third(2))), await audit(cells('fresh', third(2)))];
    expect(one).toEqual(other);
    expect((await audit(cells('fresh', third(2)), { seed: 5 })).first.nearerThanHeldOut).not.toEqual(one.first.nearerThanHeldOut);
  });
});
