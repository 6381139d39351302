import type { CountSource } from '@cfgen/tensors';
import { forEachBlock } from '../cells/count-blocks';
import { forEachLogNormalised } from '../preprocessing/log-normalise';
import type { SideDraws } from './draws';

/** Sums over cells, gene by gene, of log-normalised expression. */
export interface GeneSums {
  /** Number of cells, or their weight. */
  cells: number;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

/** Sums over all cells, and over those of each label. */
export interface LabelledGeneSums {
  /** Every cell, also those without a label. */
  readonly all: GeneSums & { /** Weight of the cells with a count of the gene. */ readonly present: Float64Array };
  readonly labels: ReadonlyMap<string, GeneSums>;
}

/** Sums of each group of cells, as sparse rows: what resampled sums are put together from. float32, for only their spread is used. */
export interface GroupedGeneSums {
  readonly side: SideDraws;
  readonly genes: number;
  /** Cells of each group. */
  readonly cells: Float64Array;
  /** Where each group's entries begin; one more entry than groups. */
  readonly starts: Uint32Array;
  /** Genes with a count in a cell of the group. */
  readonly indices: Uint32Array;
  readonly sums: Float32Array;
  readonly squares: Float32Array;
  /** Cells with a count of the gene. */
  readonly present: Float32Array;
}

/** Sums over all cells and by label, in float64, in one pass. */
export function labelledGeneSums(counts: CountSource, { groups }: SideDraws): LabelledGeneSums {
  const genes = counts.columns;
  const all = emptySums(genes);
  const labels = new Map<string, GeneSums>();
  const sumsOf: (GeneSums | undefined)[] = new Array<GeneSums | undefined>(counts.rows);
  for (const { label, cells } of groups.strata) {
    if (label === undefined) continue;
    const sums = labels.get(label) ?? emptySums(genes);
    labels.set(label, sums);
    sums.cells += cells.length;
    for (const cell of cells) sumsOf[cell] = sums;
  }
  const present = new Float64Array(genes);
  all.cells = counts.rows;
  forEachBlock(counts, (block, start) => {
    for (let r = 0; r < block.rows; r++) {
      const own = sumsOf[start + r];
      forEachLogNormalised(block, r, (gene, value) => {
        all.sums[gene] += value;
        all.squares[gene] += value * value;
        present[gene]++;
        if (own === undefined) return;
        own.sums[gene] += value;
        own.squares[gene] += value * value;
      });
    }
  });
  return { all: { ...all, present }, labels };
}

/** Sums of each group. Memory: 16 bytes a group and gene that occurs in it. */
export function groupedGeneSums(counts: CountSource, side: SideDraws): GroupedGeneSums {
  const genes = counts.columns;
  const { groups, groupOf } = side.groups;
  const members: number[][] = Array.from({ length: groups }, () => []);
  groupOf.forEach((group, cell) => members[group].push(cell));
  const starts = new Uint32Array(groups + 1);
  const rows: { indices: Uint32Array; sums: Float32Array; squares: Float32Array; present: Float32Array }[] = [];
  const dense = [0, 1, 2].map(() => new Float64Array(genes));
  const [sums, squares, present] = dense;
  members.forEach((cells, group) => {
    for (const values of dense) values.fill(0);
    const block = counts.gather(Uint32Array.from(cells));
    for (let r = 0; r < block.rows; r++) {
      forEachLogNormalised(block, r, (gene, value) => {
        sums[gene] += value;
        squares[gene] += value * value;
        present[gene]++;
      });
    }
    const indices = Uint32Array.from(present.keys()).filter((gene) => present[gene] > 0);
    const kept = (values: Float64Array): Float32Array => Float32Array.from(indices, (gene) => values[gene]);
    rows.push({ indices, sums: kept(sums), squares: kept(squares), present: kept(present) });
    starts[group + 1] = starts[group] + indices.length;
  });
  const joined = (name: 'sums' | 'squares' | 'present'): Float32Array => {
    const out = new Float32Array(starts[groups]);
    rows.forEach((row, group) => out.set(row[name], starts[group]));
    return out;
  };
  const indices = new Uint32Array(starts[groups]);
  rows.forEach((row, group) => indices.set(row.indices, starts[group]));
  const cells = Float64Array.from(members, (list) => list.length);
  return { side, genes, cells, starts, indices, sums: joined('sums'), squares: joined('squares'), present: joined('present') };
}

/** The sums on one draw, from those of the groups. `into` is overwritten: one such record serves all draws. */
export function drawnGeneSums(grouped: GroupedGeneSums, draw: number, into: LabelledGeneSums): void {
  const { side, genes } = grouped;
  clear(into.all);
  into.all.present.fill(0);
  for (const sums of into.labels.values()) clear(sums);
  for (const { label, first, count } of side.groups.strata) {
    const own = label === undefined ? undefined : into.labels.get(label);
    for (let group = first; group < first + count; group++) {
      const weight = side.weights[draw][group];
      if (weight === 0) continue;
      into.all.cells += weight * grouped.cells[group];
      addGroup(grouped, group, weight, own ?? into.all, into.all.present);
      if (own !== undefined) own.cells += weight * grouped.cells[group];
    }
    if (own === undefined) continue;
    for (let gene = 0; gene < genes; gene++) {
      into.all.sums[gene] += own.sums[gene];
      into.all.squares[gene] += own.squares[gene];
    }
  }
}

/** A record for {@link drawnGeneSums}. */
export function emptyDraw({ side, genes }: GroupedGeneSums): LabelledGeneSums {
  const labels = side.groups.strata.flatMap(({ label }) => (label === undefined ? [] : [[label, emptySums(genes)] as const]));
  return { all: { ...emptySums(genes), present: new Float64Array(genes) }, labels: new Map(labels) };
}

function addGroup(
  { starts, indices, sums, squares, present }: GroupedGeneSums,
  group: number,
  weight: number,
  to: GeneSums,
  seen: Float64Array,
): void {
  for (let at = starts[group]; at < starts[group + 1]; at++) {
    const gene = indices[at];
    seen[gene] += weight * present[at];
    to.sums[gene] += weight * sums[at];
    to.squares[gene] += weight * squares[at];
  }
}

function emptySums(genes: number): GeneSums {
  return { cells: 0, sums: new Float64Array(genes), squares: new Float64Array(genes) };
}

function clear(sums: GeneSums): void {
  sums.cells = 0;
  sums.sums.fill(0);
  sums.squares.fill(0);
}
