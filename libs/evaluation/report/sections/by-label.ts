import type { EvaluationResult } from '../../evaluation/result';
import { html, nothing, type Markup } from '../markup';
import { labelTable } from '../tables';

/** Distances and agreement of each label. */
export function byLabel(result: EvaluationResult): Markup {
  if (result.scores[0].conditional === null) return nothing;
  const protocol = result.settings.protocols.includes('centred') ? 'centred' : 'paper';
  return html`<section>
    <h2>Label by label</h2>
    <p>
      Protocol “${protocol}”${result.scores.length > 1 ? ', first replicate' : ''}. Good: W2 near the floor, agreement as high as the
      floor’s. Labels of a few cells have large and unsteady distances even for real cells, and those of fewer than eight real cells cannot
      win a vote of fifteen neighbours.
    </p>
    <div class="scroll">${labelTable(result, protocol)}</div>
  </section>`;
}
