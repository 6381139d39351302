import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CfgenError, type Problem } from '@cfgen/contracts';
import { unreadable } from '../opening/detect-format';

/** Which cells belong to each part of a fixed split. */
export interface Split {
  /** Cells of each part (`train`, `test`, ...), ascending. */
  readonly parts: ReadonlyMap<string, Uint32Array>;
  readonly problems: readonly Problem[];
}

/**
 * Reads a split: a tab-separated table with the header `barcode`, `split` (further columns are ignored), one line a cell.
 * Cells of the data set that it does not list belong to no part (a warning). Names the data set lacks are a warning too; when none is known
 * the file is refused (`REQUEST_INVALID`), as are repeated barcodes and lines without a part (`INPUT_DAMAGED`).
 * @param obsNames names of the cells of the data set
 * @param name what messages call the file
 */
export function readSplit(path: string, obsNames: readonly string[], name = basename(path)): Split {
  const [header, ...lines] = readLines(path);
  const columns = header?.split('\t') ?? [];
  const barcodeAt = columns.indexOf('barcode');
  const splitAt = columns.indexOf('split');
  if (barcodeAt < 0 || splitAt < 0) {
    throw new CfgenError('INPUT_FORMAT', `${name}: the first line must name the columns barcode and split (found: ${columns.join(', ')})`, {
      hint: 'write a tab-separated table with the header barcode<TAB>split',
      details: { file: name },
    });
  }
  const position = new Map(obsNames.map((obsName, i) => [obsName, i]));
  const part = new Map<number, string>();
  let unknown = 0;
  for (const [i, line] of lines.entries()) {
    const fields = line.split('\t');
    const barcode = fields[barcodeAt] ?? '';
    const value = fields[splitAt] ?? '';
    if (barcode === '' || value === '')
      throw new CfgenError(
        'INPUT_DAMAGED',
        `${name} line ${i + 2}: a barcode and a split are needed (found ${JSON.stringify(line.slice(0, 60))})`,
      );
    const cell = position.get(barcode);
    if (cell === undefined) {
      unknown++;
      continue;
    }
    if (part.has(cell)) throw new CfgenError('INPUT_DAMAGED', `${name} line ${i + 2}: the barcode ${barcode} is listed twice`);
    part.set(cell, value);
  }
  if (part.size === 0) {
    throw new CfgenError(
      'REQUEST_INVALID',
      `${name}: none of its ${lines.length.toLocaleString('en-US')} barcodes is in the data (expects names such as ${obsNames[0]})`,
      {
        hint: 'give the split made for this data set',
        details: { file: name },
      },
    );
  }
  return { parts: groupByPart(part), problems: splitProblems(name, unknown, obsNames.length - part.size) };
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line !== '');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function groupByPart(part: ReadonlyMap<number, string>): Map<string, Uint32Array> {
  const groups = new Map<string, number[]>();
  for (const [cell, value] of part) {
    const group = groups.get(value);
    if (group) group.push(cell);
    else groups.set(value, [cell]);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([value, cells]) => [value, Uint32Array.from(cells).sort()]));
}

function splitProblems(name: string, unknown: number, unlisted: number): Problem[] {
  const problems: Problem[] = [];
  if (unknown > 0) {
    problems.push({
      severity: 'warning',
      code: 'split-unknown-cells',
      message: `${name} lists ${unknown.toLocaleString('en-US')} cells that are not in the data`,
      details: { cells: unknown },
    });
  }
  if (unlisted > 0) {
    problems.push({
      severity: 'warning',
      code: 'split-unlisted-cells',
      message: `${unlisted.toLocaleString('en-US')} cells of the data are not listed in ${name} and belong to no part`,
      details: { cells: unlisted },
    });
  }
  return problems;
}
