import { describe, expect, it } from 'vitest';
import { smallClouds } from '../fixtures/small-cloud';
import { denseMatrix } from './dense-matrix';
import { principalComponents, project } from './principal-components';

describe('principal components', () => {
  const { x } = smallClouds();

  it('have the published variances (NumPy SVD of the same points)', () => {
    const { variances, totalVariance } = principalComponents(x, 5);
    for (const [k, value] of [4.108161, 3.577986, 1.759019, 1.2755, 1.131026].entries()) expect(variances[k]).toBeCloseTo(value, 6);
    expect(totalVariance).toBeCloseTo(
      variances.reduce((sum, value) => sum + value, 0),
      10,
    );
  });

  it('are the same through either Gram matrix, up to nothing', () => {
    // 60 points on 5 variables, and again with 200 variables that are zero: more columns than rows takes the other way.
    const padded = denseMatrix(60, 205);
    for (let i = 0; i < 60; i++) padded.values.set(x.values.subarray(i * 5, i * 5 + 5), i * 205 + 100);
    const narrow = principalComponents(x, 4);
    const wide = principalComponents(padded, 4);
    for (let k = 0; k < 4; k++) {
      expect(wide.variances[k]).toBeCloseTo(narrow.variances[k], 11);
      for (let j = 0; j < 5; j++) expect(wide.loadings.values[k * 205 + 100 + j]).toBeCloseTo(narrow.loadings.values[k * 5 + j], 10);
    }
  });

  it('give scores whose covariance is diagonal and whose largest entry is positive', () => {
    const { scores, variances } = principalComponents(x, 5);
    for (let a = 0; a < 5; a++) {
      const column = Array.from({ length: 60 }, (_, i) => scores.values[i * 5 + a]);
      expect(Math.max(...column)).toBeGreaterThanOrEqual(-Math.min(...column));
      for (let b = 0; b < 5; b++) {
        const covariance = column.reduce((sum, value, i) => sum + value * scores.values[i * 5 + b], 0) / 59;
        expect(covariance).toBeCloseTo(a === b ? variances[a] : 0, 10);
      }
    }
  });

  it('project the points they were made from onto their own scores, and without centring onto scores plus the projected mean', () => {
    const { loadings, means, scores } = principalComponents(x, 3);
    const centred = project(x, loadings, means);
    const uncentred = project(x, loadings);
    for (let k = 0; k < 3; k++) {
      const offset = means.reduce((sum, value, j) => sum + value * loadings.values[k * 5 + j], 0);
      for (let i = 0; i < 60; i++) {
        expect(centred.values[i * 3 + k]).toBeCloseTo(scores.values[i * 3 + k], 12);
        expect(uncentred.values[i * 3 + k]).toBeCloseTo(scores.values[i * 3 + k] + offset, 12);
      }
    }
  });

  it('stop at the rank of the data', () => {
    const line = denseMatrix(
      6,
      4,
      Float64Array.from({ length: 24 }, (_, at) => Math.floor(at / 4) * ((at % 4) + 1)),
    );
    expect(principalComponents(line, 4).variances).toHaveLength(1);
  });
});
