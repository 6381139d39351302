import { CfgenError } from '@cfgen/contracts';
import type { DataFrame } from '../frames/column';
import { adviseOnValues, describeValues } from '../matrix/judge-values';
import type { StoredMatrix } from '../matrix/stored-matrix';
import type { Place, ValueFindings } from '../matrix/value-findings';
import { judgeMatrix } from './judge-matrix';
import type { Scan } from './scan';

/** The counts of a file and the features that belong to them. */
export interface ChosenCounts {
  readonly matrix: StoredMatrix;
  readonly var: DataFrame;
  /** Set when the whole matrix was small enough to be read for the decision. */
  readonly scan?: Scan;
}

/** A matrix of the file that may hold the counts. */
export interface CountsCandidate {
  /** As users name it. */
  readonly where: string;
  features(): DataFrame;
  /** Opens it; its shape is compared with obs and its features before anything is allocated. */
  open(features: DataFrame): StoredMatrix;
}

/**
 * The first candidate that holds non-negative whole numbers. Throws `INPUT_EMPTY` without cells or features, otherwise `INPUT_NOT_COUNTS` saying
 * what each of them holds instead.
 * @param nowhereElse said after what a single candidate holds: where else counts would have been found
 */
export function firstCounts(file: string, obs: DataFrame, candidates: readonly CountsCandidate[], nowhereElse: string): ChosenCounts {
  const refusals: { where: string; findings: ValueFindings; text: string }[] = [];
  for (const { where, features: readFeatures, open } of candidates) {
    const features = readFeatures();
    requireSome(file, obs, features);
    const matrix = open(features);
    const { findings, scan } = judgeMatrix(matrix);
    if (findings.areCounts) return { matrix, var: features, ...(scan ? { scan } : {}) };
    matrix.close();
    const name = ({ row, column }: Place): string => `cell ${obs.names[row]}, gene ${features.names[column]}`;
    refusals.push({ where, findings, text: describeValues(findings, where, name) });
  }
  throw refusal(file, refusals, nowhereElse);
}

function requireSome(file: string, obs: DataFrame, features: DataFrame): void {
  const empty = obs.length === 0 ? 'cells' : features.length === 0 ? 'genes' : undefined;
  if (empty) throw new CfgenError('INPUT_EMPTY', `${file} has no ${empty}`, { hint: 'give a file with data', details: { file } });
}

function refusal(
  file: string,
  refusals: readonly { where: string; findings: ValueFindings; text: string }[],
  nowhereElse: string,
): CfgenError {
  const places = refusals.map(({ where }) => where);
  const texts = refusals.map(({ text }) => text);
  const last = refusals.at(-1);
  const rest = last !== undefined && last.findings.fractional.count > 0 ? nowhereElse : '';
  const message = refusals.length > 1 ? `neither ${places.join(' nor ')} holds counts: ${texts.join('; ')}` : `${texts[0]}${rest}`;
  return new CfgenError('INPUT_NOT_COUNTS', `${file}: ${message}`, {
    hint: last ? adviseOnValues(last.findings) : 'give raw counts',
    details: { file, looked: places },
  });
}
