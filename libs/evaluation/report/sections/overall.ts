import type { EvaluationResult } from '../../evaluation/result';
import { html, type Markup } from '../markup';
import { overallTable } from '../tables';

/** Every figure of the summary. */
export function overall(result: EvaluationResult): Markup {
  return html`<section>
    <h2>All figures</h2>
    <p>
      ${floorText(result)} ${intervalsText(result)} Baseline: every cell gets its label’s mean profile and random counting noise, nothing
      else; a model that is not better has learned nothing about single cells. The bar shows how much of the way from baseline to floor is
      covered.
    </p>
    <div class="scroll">${overallTable(result)}</div>
  </section>`;
}

function floorText({ floor }: EvaluationResult): string {
  if ('reason' in floor) return `There is no floor: ${floor.reason}.`;
  if (floor.of === 'training') {
    return 'Floor: real training cells put in the place of the generated ones, with the same labels; no generator can be expected to beat it.';
  }
  return 'Floor: one half of the real cells put in the place of the generated ones, against the other half. MMD, W1 and W2 depend on the number of cells, so theirs are too high here.';
}

function intervalsText({ settings }: EvaluationResult): string {
  return settings.bootstrap === 0 ? '' : 'Where the interval holds the floor, the difference may be chance.';
}
