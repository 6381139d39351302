import type { Place, ValueFindings } from './value-findings';

/** Names for messages: which cell and gene a place is. */
export type NamePlace = (place: Place) => string;

/**
 * Says in one sentence what a matrix holds instead of counts.
 * @param where `X`, `layers/counts`, ...
 */
export function describeValues(findings: ValueFindings, where: string, name: NamePlace): string {
  const { negative, missing, infinite, fractional, implausible } = findings;
  if (missing.count > 0) return `${where} has ${many(missing.count, 'missing value')} (NaN; first: ${at(missing.first, name)})`;
  if (infinite.count > 0) return `${where} has ${many(infinite.count, 'infinite value')} (first: ${at(infinite.first, name)})`;
  if (negative.count > 0 && fractional.count > 0) {
    return `${where} is scaled (negative values down to ${short(findings.min)}, mean of stored values ${short(findings.meanStored)}), not counts`;
  }
  if (negative.count > 0) return `${where} has ${many(negative.count, 'negative value')} (first: ${at(negative.first, name)})`;
  if (fractional.count > 0) return describeFractions(findings, where, name);
  const first = implausible.first;
  const value = first ? first.value.toLocaleString('en-US') : '';
  return `${where}: a count of ${value} is not plausible (${at(first, name)})`;
}

function describeFractions(findings: ValueFindings, where: string, name: NamePlace): string {
  if (findings.looksLogNormalised) return `${where} looks log-normalised (fractions, max ${short(findings.max)})`;
  const { count, first } = findings.fractional;
  const fractions = `${where} has ${many(count, 'fractional value')} of ${findings.entries.toLocaleString('en-US')}, max ${short(findings.max)}`;
  if (findings.looksNormalised) return `${fractions}: it looks like counts divided or corrected by a factor for each cell`;
  return `${fractions}${findings.max < 16 ? '; perhaps log-normalised' : ''} (first: ${first ? first.value : ''} at ${at(first, name)})`;
}

/** What the user can do about it, one sentence. */
export function adviseOnValues(findings: ValueFindings): string {
  if (findings.missing.count + findings.infinite.count + findings.implausible.count > 0 || findings.negative.count > 0) {
    return 'give raw counts: non-negative whole numbers of molecules';
  }
  if (findings.looksLogNormalised) return 'give raw counts, in X, in layers/counts or in raw';
  return 'give raw counts; where fractions come from a correction for ambient RNA, round them in the file first (numpy.rint): nothing is rounded silently';
}

function at(place: Place | undefined, name: NamePlace): string {
  return place ? name(place) : 'unknown';
}

function many(count: number, thing: string): string {
  return `${count.toLocaleString('en-US')} ${thing}${count === 1 ? '' : 's'}`;
}

function short(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toPrecision(3);
}
