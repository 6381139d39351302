import type { NotScored } from '../evaluation/result';
import type { PrivacyAudit, PrivacyOfSet, PrivacySign } from './result';

/** What each sign is, in plain words. */
const signMeanings: Readonly<Record<PrivacySign, string>> = {
  'exact-copies': 'cells that are training cells, count by count',
  'near-copies': 'cells that differ from a training cell in at most 5 % of their counts',
  'training-nearer': 'cells that lie nearer to training than to held-out cells',
  membership: 'training cells that can be told from held-out cells by their distance to generated ones',
};

/** The outcome in a few sentences. No outcome is a proof of privacy, and it says so. */
export function privacyVerdict(privacy: PrivacyAudit | NotScored): string {
  if ('reason' in privacy) return `There is no privacy audit, as ${privacy.reason}.`;
  if (!privacy.passed) {
    const found = privacy.signs.map((sign) => withNumber(sign, privacy.sets)).join('; ');
    return `The privacy audit found signs of copied training cells: ${found}. Do not pass these cells on before you know why.`;
  }
  const near =
    privacy.remarks.length === 0
      ? ''
      : ' Generated cells lie nearer to training cells than held-out cells do, though: they vary less than real cells, or are copies that the other tests miss.';
  return (
    `The privacy audit found no sign of copied training cells.${near} That is no proof of privacy: it looks for copies, near copies and cells that ` +
    'give away what was trained on, and can miss what its tests do not look for.'
  );
}

function withNumber(sign: PrivacySign, sets: readonly PrivacyOfSet[]): string {
  if (sign !== 'exact-copies' && sign !== 'near-copies') return signMeanings[sign];
  const most = Math.max(...sets.map(({ copies }) => (sign === 'exact-copies' ? copies.exact : copies.near)));
  return `${most} ${signMeanings[sign]}`;
}
