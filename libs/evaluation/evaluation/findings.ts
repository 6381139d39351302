import type { Problem } from '@cfgen/contracts';
import type { CellSet } from '../cells/cell-set';
import type { SkippedLabel } from '../distances/conditional-distances';
import type { MatchingCells } from '../references/matching-cells';
import type { PrivacyAudit } from '../privacy/result';
import { privacyVerdict } from '../privacy/verdict';
import type { NotScored, SetScores } from './result';
import type { EvaluationSettings } from './settings';

/** What a reader of the figures has to be told, as warnings and notes. */
export const findings = {
  /** Labels that have no distances of their own, each once. */
  skippedLabels(scores: readonly SetScores[]): Problem[] {
    const skipped = new Map<string, SkippedLabel>();
    for (const { conditional } of scores) {
      for (const distances of Object.values(conditional ?? {})) for (const label of distances.skipped) skipped.set(label.label, label);
    }
    return Array.from(skipped.values(), ({ label, realCells, generatedCells, reason }) => ({
      severity: 'warning',
      code: 'label-not-scored',
      message: `The label "${label}" is not scored: it ${reason}.`,
      details: { label, realCells, generatedCells },
    }));
  },

  /** Labels for which the floor has fewer training cells than there are judged cells. */
  shortOfTrainingCells(short: MatchingCells['short']): Problem[] {
    return short.map(({ label, wanted, found }) => ({
      severity: 'note',
      code: 'floor-short-of-cells',
      message: `The floor has ${found} training cells of "${label}" in place of ${wanted}.`,
      details: { label, wanted, found },
    }));
  },

  /** The floor is not that of all cells. */
  floorOfHalves(): Problem {
    return {
      severity: 'note',
      code: 'floor-of-halves',
      message:
        'There are no training cells, so the floor is one half of the real cells against the other. MMD, W1 and W2 depend on the number of cells, and are larger for halves: give training cells (--training or --split) to judge them.',
    };
  },

  /** Signs of copied training cells, and cells that the audit could not judge. */
  privacy(audit: PrivacyAudit | NotScored): Problem[] {
    if ('reason' in audit) return [];
    const problems: Problem[] = [];
    if (!audit.passed) {
      const details = { signs: [...audit.signs] };
      problems.push({ severity: 'warning', code: 'signs-of-copies', message: privacyVerdict(audit), details });
    }
    for (const { name, leftOut } of audit.sets) {
      if (leftOut === 0) continue;
      const message = `The privacy audit leaves out ${leftOut} cells of ${name}: no held-out cell has their label.`;
      problems.push({ severity: 'note', code: 'not-audited', message, details: { set: name, cells: leftOut } });
    }
    return problems;
  },

  /** Which figures are computed on part of the cells. */
  subsampled(real: CellSet, generated: readonly CellSet[], settings: EvaluationSettings): Problem[] {
    const most = Math.max(real.counts.rows, ...generated.map((set) => set.counts.rows));
    return (['batchSize', 'transportCells', 'classifierCells'] as const)
      .filter((setting) => most > settings[setting])
      .map((setting) => ({
        severity: 'note',
        code: 'subsampled',
        message: `${subjects[setting]} use at most ${settings[setting]} cells of a side, drawn with seed ${settings.seed}.`,
        details: { setting, limit: settings[setting], seed: settings.seed },
      }));
  },
};

const subjects = { batchSize: 'Distances', transportCells: 'Wasserstein distances', classifierCells: 'Classifiers' } as const;
