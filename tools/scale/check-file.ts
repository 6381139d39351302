import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the anndata package found in a file. */
export interface CheckedFile {
  readonly anndata: string;
  readonly cells: number;
  readonly genes: number;
  readonly nonzeros: number;
  readonly total: number;
  /** Type of the row pointers. */
  readonly pointers: string;
  readonly lastPointer: number;
  readonly ascending: boolean;
  readonly largestIndex: number;
  /** Different names of cells. */
  readonly names: number;
  readonly firstRows: number;
  readonly lastRows: number;
}

const script = fileURLToPath(new URL('check_file.py', import.meta.url));

/**
 * Reads a file with anndata and holds it to what was written.
 *
 * @param python an interpreter with anndata and zarr
 * @throws Error that says what differs
 */
export function checkFile(python: string, path: string, written: Readonly<Record<string, number>>): CheckedFile {
  const found = JSON.parse(execFileSync(python, [script, path], { encoding: 'utf8' })) as CheckedFile;
  const wrong = (['cells', 'genes', 'nonzeros', 'total'] as const).filter((name) => found[name] !== written[name]);
  const differing = wrong.map((name) => `${name} ${found[name]} instead of ${written[name] ?? 'nothing'}`);
  if (found.lastPointer !== found.nonzeros || !found.ascending) differing.push('row pointers');
  if (found.largestIndex >= found.genes) differing.push(`a gene ${found.largestIndex}`);
  if (found.names !== found.cells) differing.push(`${found.names} different names of cells`);
  if (!(found.firstRows > 0 && found.lastRows > 0)) differing.push('empty rows');
  if (differing.length > 0) throw new Error(`${path}: anndata finds ${differing.join(', ')}`);
  return found;
}
