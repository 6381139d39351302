import { CfgenError, type Problem } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import { selectRows } from '../frames/select-rows';
import type { StoredMatrix } from '../matrix/stored-matrix';
import type { DatasetParts } from './dataset';
import { featureGroups } from './feature-groups';

/** The same data set with the features of one modality only. Unknown modalities are refused, listing those there are. */
export function selectModality(parts: DatasetParts, modality: string): DatasetParts {
  const groups = featureGroups(parts.var, parts.modality);
  const group = groups.find((candidate) => candidate.modality === modality || candidate.featureType === modality);
  if (!group) {
    throw new CfgenError(
      'REQUEST_UNKNOWN_VALUE',
      `${parts.name} has no modality ${modality}; found: ${groups.map((found) => found.modality).join(', ')}`,
      {
        hint: 'name one of these',
        details: { file: parts.name, modality },
      },
    );
  }
  if (groups.length === 1) return { ...parts, modality: group.modality };
  const { scan: _whole, ...rest } = parts;
  return {
    ...rest,
    modality: group.modality,
    var: selectRows(parts.var, group.columns),
    matrix: new ColumnSelection(parts.matrix, group.columns),
  };
}

/** Adds a warning when a file holds features of several types and all of them are about to be read as one matrix. */
export function tellModalities(parts: DatasetParts): DatasetParts {
  const groups = featureGroups(parts.var);
  if (groups.length < 2) return parts;
  const list = groups.map(({ modality, columns }) => `${modality} (${columns.length.toLocaleString('en-US')} features)`).join(' and ');
  const problem: Problem = {
    severity: 'warning',
    code: 'several-modalities',
    message: `${parts.name} holds ${list}, read as one matrix`,
    hint: `choose one, such as ${groups[0]?.modality}`,
    details: { modalities: groups.map(({ modality }) => modality) },
  };
  return { ...parts, problems: [...parts.problems, problem] };
}

/** Some columns of a matrix, in their order. */
class ColumnSelection implements StoredMatrix {
  readonly #whole: StoredMatrix;
  readonly #target: Int32Array;
  readonly columns: number;

  constructor(whole: StoredMatrix, columns: Uint32Array) {
    this.#whole = whole;
    this.columns = columns.length;
    this.#target = new Int32Array(whole.columns).fill(-1);
    for (const [i, column] of columns.entries()) this.#target[column] = i;
  }

  get where(): string {
    return this.#whole.where;
  }
  get layout(): StoredMatrix['layout'] {
    return this.#whole.layout;
  }
  get rows(): number {
    return this.#whole.rows;
  }
  get storedEntries(): number {
    return this.#whole.storedEntries;
  }

  readRows(start: number, end: number): SparseRows {
    const block = this.#whole.readRows(start, end);
    const indptr = new Uint32Array(block.rows + 1);
    const indices = new Uint32Array(block.indices.length);
    const values = new Float32Array(block.indices.length);
    let at = 0;
    for (let row = 0; row < block.rows; row++) {
      for (let entry = block.indptr[row]; entry < block.indptr[row + 1]; entry++) {
        const column = this.#target[block.indices[entry]];
        if (column < 0) continue;
        indices[at] = column;
        values[at] = block.values[entry];
        at++;
      }
      indptr[row + 1] = at;
    }
    return { rows: block.rows, columns: this.columns, indptr, indices: indices.subarray(0, at), values: values.subarray(0, at) };
  }

  blockEnd(start: number, memory: number): number {
    return this.#whole.blockEnd(start, memory);
  }

  close(): void {
    this.#whole.close();
  }
}
