import { CfgenError } from '@cfgen/contracts';
import type { Labels } from '../cells/cell-set';

/** Cells by category, with the categories that occur and no others. */
export interface Groups {
  readonly names: readonly string[];
  /** Index into `names` of each cell. */
  readonly codes: Int32Array;
  /** Cells of each category. */
  readonly sizes: Int32Array;
}

/**
 * The categories that occur, in their order.
 *
 * @param what how messages call the column, e.g. `labels`
 * @throws CfgenError LABEL_UNUSABLE when the number of cells differs, a code is outside the categories or a cell has none
 */
export function groupsOf({ categories, codes }: Labels, cells: number, what: string): Groups {
  if (codes.length !== cells) {
    throw new CfgenError('LABEL_UNUSABLE', `There are ${codes.length} ${what} for ${cells} cells.`, { details: { what } });
  }
  const sizes = new Int32Array(categories.length);
  codes.forEach((code, cell) => {
    if (code >= 0 && code < categories.length) sizes[code]++;
    else throw unusable(what, cell, code, categories.length);
  });
  const present = Array.from(sizes.keys()).filter((code) => sizes[code] > 0);
  const position = new Int32Array(categories.length);
  present.forEach((code, at) => (position[code] = at));
  return {
    names: present.map((code) => categories[code]),
    codes: codes.map((code) => position[code]),
    sizes: Int32Array.from(present, (code) => sizes[code]),
  };
}

/** The same groups over some of the cells. */
export function groupsWithin(groups: Groups, cells: Int32Array): Groups {
  return groupsOf({ categories: groups.names, codes: Int32Array.from(cells, (cell) => groups.codes[cell]) }, cells.length, 'batches');
}

/** The cells of each group, ascending. */
export function membersOf({ codes, sizes }: Groups): Int32Array[] {
  const members = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(sizes.length);
  codes.forEach((code, cell) => (members[code][filled[code]++] = cell));
  return members;
}

function unusable(what: string, cell: number, code: number, categories: number): CfgenError {
  const found = code === -1 ? 'has no value' : `has code ${code} of ${categories} categories`;
  return new CfgenError('LABEL_UNUSABLE', `Cell ${cell} ${found} among the ${what}.`, {
    hint: 'Leave cells without a value out, or give them a category of their own.',
    details: { what, cell, code },
  });
}
