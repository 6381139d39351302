import type { NotScored } from '../evaluation/result';
import type { PrivacyAudit, PrivacyOfSet, PrivacySign } from './result';

/** What each sign is, in plain words. */
export const signMeanings: Readonly<Record<PrivacySign, string>> = {
  'exact-copies': 'cells that are training cells, count by count',
  'near-copies': 'cells that differ from a training cell in at most 5 % of their counts',
  'below-quantile': 'more cells very close to training cells than held-out cells are',
  'nearer-than-held-out': 'cells that lie nearer to training cells than held-out cells do, which cells of too little variability do too',
  'training-nearer': 'cells that lie nearer to training than to held-out cells',
  membership: 'training cells that can be told from held-out cells by their distance to generated ones',
};

/** The outcome in one or two sentences. No outcome is a proof of privacy, and it says so. */
export function privacyVerdict(privacy: PrivacyAudit | NotScored): string {
  if ('reason' in privacy) return `There is no privacy audit, as ${privacy.reason}.`;
  if (!privacy.passed) {
    const found = privacy.signs.map((sign) => withNumber(sign, privacy.sets)).join('; ');
    return `The privacy audit found signs of copied training cells: ${found}. Do not pass these cells on before you know why.`;
  }
  return (
    'The privacy audit found no sign of copied training cells. That is no proof of privacy: it looks for copies, near copies and cells that give ' +
    'away what was trained on, and can miss what its tests do not look for.'
  );
}

function withNumber(sign: PrivacySign, sets: readonly PrivacyOfSet[]): string {
  if (sign !== 'exact-copies' && sign !== 'near-copies') return signMeanings[sign];
  const most = Math.max(...sets.map(({ copies }) => (sign === 'exact-copies' ? copies.exact : copies.near)));
  return `${most} ${signMeanings[sign]}`;
}
