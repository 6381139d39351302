import { describe, expect, it } from 'vitest';
import { textColumn } from '../frames/column';
import { matchFeatures } from './match-features';

const data = {
  name: 'data.h5ad',
  varNames: ['LYZ', 'CD3D', 'MALAT1'],
  varColumns: [textColumn('gene_ids', ['ENSG00000090382', 'ENSG00000167286', 'ENSG00000251562'])],
};

describe('matching the features of a model', () => {
  it('finds each by name; missing ones get no column and are told, extra ones are left out', () => {
    const { columns, missing, problems } = matchFeatures(['CD3D', 'GNLY', 'LYZ'], data);
    expect([...columns]).toEqual([1, -1, 0]);
    expect(missing).toBe(1);
    expect(problems.map(({ severity, code }) => [severity, code])).toEqual([
      ['warning', 'features-missing'],
      ['note', 'features-extra'],
    ]);
    expect(problems[0].message).toMatch(/1 of the model's 3 features \(33 %\).*taken as 0: GNLY/);
  });

  it('says nothing when the features are the same', () => {
    expect(matchFeatures(['LYZ', 'MALAT1', 'CD3D'], data).problems).toEqual([]);
  });

  it('names the var column that matches when the names are of another kind', () => {
    const model = ['ENSG00000251562', 'ENSG00000090382'];
    expect(() => matchFeatures(model, data)).toThrow(
      expect.objectContaining({ code: 'FEATURES_MISMATCH', hint: 'choose the matching var column: gene_ids' }),
    );
    expect([...matchFeatures(model, data, 'gene_ids').columns]).toEqual([2, 0]);
    expect(() => matchFeatures(model, data, 'ids')).toThrow(/no var column ids with text; columns: gene_ids/);
  });

  it('uses the first of features with one name, and says so', () => {
    const twice = { ...data, varColumns: [textColumn('symbol', ['LYZ', 'LYZ', 'CD3D'])] };
    const match = matchFeatures(['LYZ', 'CD3D'], twice, 'symbol');
    expect([...match.columns]).toEqual([0, 2]);
    expect(match.problems.map(({ code }) => code)).toEqual(['features-repeated']);
  });
});
