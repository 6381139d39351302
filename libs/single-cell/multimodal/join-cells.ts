import { CfgenError, type Problem } from '@cfgen/contracts';

/** Names of the cells of a modality. */
export interface NamedCells {
  /** As messages call it: `rna`, or the name of its file. */
  readonly called: string;
  readonly names: readonly string[];
}

export interface JoinedCells {
  /** Rows of the cells that both have, in the order of the first. */
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  readonly problems: readonly Problem[];
}

/**
 * Finds the cells that two modalities share, in the order of the first: by name; by `pairs` where names repeat and the file says which rows belong
 * together. Throws `INPUT_EMPTY` when no cell is shared and `INPUT_FORMAT` when repeated names leave open which cells are the same.
 */
export function joinCells(
  file: string,
  first: NamedCells,
  second: NamedCells,
  pairs: () => [Int32Array, Int32Array] | undefined,
): JoinedCells {
  const cells = first.names.length;
  if (cells === second.names.length && first.names.every((name, cell) => name === second.names[cell])) {
    const all = Uint32Array.from({ length: cells }, (_, cell) => cell);
    return { first: all, second: all, problems: [] };
  }
  const rows = rowsOf(second);
  const repeated = repeatedName(first.names, new Set(first.names).size) ?? repeatedName(second.names, rows.size);
  const joined = repeated === undefined ? byName(first, rows) : byPairs(file, first, second, repeated, pairs());
  if (joined.first.length === 0) throw nothingShared(file, first, second);
  return { ...joined, problems: leftOut(file, first, second, joined.first.length) };
}

function rowsOf({ names }: NamedCells): Map<string, number> {
  return new Map(names.map((name, row) => [name, row]));
}

function byName(first: NamedCells, rows: ReadonlyMap<string, number>): Pick<JoinedCells, 'first' | 'second'> {
  const shared = first.names.flatMap((name, cell) => (rows.has(name) ? [cell] : []));
  return { first: Uint32Array.from(shared), second: Uint32Array.from(shared, (cell) => rows.get(first.names[cell]) ?? 0) };
}

function byPairs(
  file: string,
  first: NamedCells,
  second: NamedCells,
  repeated: string,
  pairs: [Int32Array, Int32Array] | undefined,
): Pick<JoinedCells, 'first' | 'second'> {
  if (!pairs) {
    throw new CfgenError('INPUT_FORMAT', `${file}: the cell name ${repeated} occurs more than once, so cells cannot be joined by name`, {
      hint: 'make the names of cells unique and the same in both modalities',
      details: { file, name: repeated },
    });
  }
  const [firstRows, secondRows] = pairs;
  const shared = Array.from(firstRows.keys()).filter((cell) => firstRows[cell] >= 0 && secondRows[cell] >= 0);
  shared.sort((a, b) => firstRows[a] - firstRows[b]);
  const rows = { first: Uint32Array.from(shared, (cell) => firstRows[cell]), second: Uint32Array.from(shared, (cell) => secondRows[cell]) };
  if (!eachOnce(rows.first, first.names.length) || !eachOnce(rows.second, second.names.length)) {
    throw new CfgenError('INPUT_DAMAGED', `${file} is damaged: obsmap does not give each cell a row of its own`, {
      hint: 'save the file again with mudata',
      details: { file },
    });
  }
  return rows;
}

function eachOnce(rows: Uint32Array, length: number): boolean {
  return new Set(rows).size === rows.length && rows.every((row) => row < length);
}

function repeatedName(names: readonly string[], different: number): string | undefined {
  if (different === names.length) return undefined;
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

function nothingShared(file: string, first: NamedCells, second: NamedCells): CfgenError {
  return new CfgenError(
    'INPUT_EMPTY',
    `${file}: ${first.called} and ${second.called} have no cell in common (such as ${first.names[0]} in ${first.called}, ${second.names[0]} in ${second.called})`,
    { hint: 'the same cell must have the same name in both; suffixes such as -1 often differ', details: { file } },
  );
}

function leftOut(file: string, first: NamedCells, second: NamedCells, shared: number): Problem[] {
  const [inFirst, inSecond] = [first.names.length - shared, second.names.length - shared];
  if (inFirst + inSecond === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'cells-not-shared',
      message: `${file}: ${count(inFirst + inSecond)} cells are in one modality only (${count(inFirst)} in ${first.called}, ${count(inSecond)} in ${second.called}) and are left out; ${count(shared)} are read`,
      details: { shared, first: inFirst, second: inSecond },
    },
  ];
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
