import { basename } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { textChunks } from './text-lines';

/** Sizes a Matrix Market file declares. */
export interface MarketSize {
  readonly rows: number;
  readonly columns: number;
  readonly entries: number;
}

export interface MarketReader {
  /** Called once, before any entry; may refuse. */
  size(size: MarketSize): void;
  /** Called for each entry, rows and columns counted from 0. */
  entry(row: number, column: number, value: number): void;
}

const newline = 10;
const longestLine = 4096;

/**
 * Reads a Matrix Market coordinate file (`integer` or `real`, `general`) as a stream. Every line is checked; errors name the line.
 * Format: https://math.nist.gov/MatrixMarket/formats.html
 */
export async function readMatrixMarket(path: string, reader: MarketReader): Promise<void> {
  const name = basename(path);
  const parser = new MarketParser(name, reader);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of textChunks(path)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      parser.line(bytes, start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > longestLine) throw damaged(name, `line ${parser.lines + 1} is longer than ${longestLine} bytes`);
  }
  if (rest.length > 0) parser.line(rest, 0, rest.length);
  parser.end();
}

class MarketParser {
  readonly #name: string;
  readonly #reader: MarketReader;
  #header = false;
  #size: MarketSize | undefined;
  #entries = 0;
  lines = 0;

  constructor(name: string, reader: MarketReader) {
    this.#name = name;
    this.#reader = reader;
  }

  line(bytes: Buffer, start: number, end: number): void {
    this.lines++;
    if (this.#size && bytes[start] !== 37) {
      if (end - start > 1 || (end > start && bytes[start] > 32)) this.#entry(bytes, start, end, this.#size);
      return;
    }
    const text = bytes.toString('latin1', start, end).trim();
    if (!this.#header) {
      this.#readHeader(text);
      return;
    }
    if (text === '' || text.startsWith('%')) return;
    const numbers = text.split(/\s+/).map(Number);
    const [rows, columns, entries] = numbers;
    if (numbers.length !== 3 || !numbers.every((value) => Number.isInteger(value) && value >= 0)) {
      throw damaged(this.#name, `line ${this.lines}: ${JSON.stringify(text.slice(0, 60))} where rows, columns and entries are expected`);
    }
    this.#size = { rows, columns, entries };
    this.#reader.size(this.#size);
  }

  end(): void {
    if (!this.#size)
      throw new CfgenError('INPUT_INCOMPLETE', `${this.#name} is incomplete: it ends before the sizes of the matrix`, {
        details: { file: this.#name },
      });
    const { entries } = this.#size;
    if (this.#entries !== entries) {
      throw new CfgenError(
        'INPUT_INCOMPLETE',
        `${this.#name} has ${this.#entries.toLocaleString('en-US')} entries, its header says ${entries.toLocaleString('en-US')}`,
        { hint: 'copy or download the folder again', details: { file: this.#name, has: this.#entries, expected: entries } },
      );
    }
  }

  #readHeader(text: string): void {
    const words = text.toLowerCase().split(/\s+/);
    if (words[0] !== '%%matrixmarket') throw damaged(this.#name, 'it does not start with %%MatrixMarket');
    const [, object, format, field, symmetry] = words;
    if (object !== 'matrix' || format !== 'coordinate' || !['integer', 'real'].includes(field) || symmetry !== 'general') {
      throw new CfgenError('INPUT_UNSUPPORTED', `${this.#name} is a Matrix Market file of kind ${words.slice(1).join(' ')}`, {
        hint: 'expected: matrix coordinate integer general',
        details: { file: this.#name },
      });
    }
    this.#header = true;
  }

  #entry(bytes: Buffer, start: number, end: number, size: MarketSize): void {
    let at = start;
    const whole = (): number => {
      while (at < end && bytes[at] <= 32) at++;
      const first = at;
      let value = 0;
      for (; at < end; at++) {
        const digit = bytes[at] - 48;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      return at === first || (at < end && bytes[at] > 32) ? NaN : value;
    };
    const row = whole();
    if (!(row >= 1 && row <= size.rows)) throw this.#badEntry('row', bytes, start, end, size.rows, 0);
    const column = whole();
    if (!(column >= 1 && column <= size.columns)) throw this.#badEntry('column', bytes, start, end, size.columns, 1);
    const valueStart = at;
    let value = whole();
    if (Number.isNaN(value)) {
      const text = bytes.toString('latin1', valueStart, end).trim();
      value = text === '' ? NaN : Number(text);
      if (Number.isNaN(value) && text.toLowerCase() !== 'nan')
        throw damaged(this.#name, `line ${this.lines}: value ${JSON.stringify(text.slice(0, 30))} is no number`);
    }
    this.#entries++;
    if (this.#entries <= size.entries) this.#reader.entry(row - 1, column - 1, value);
  }

  #badEntry(axis: 'row' | 'column', bytes: Buffer, start: number, end: number, extent: number, position: number): CfgenError {
    const found = bytes.toString('latin1', start, end).trim().split(/\s+/)[position] ?? 'nothing';
    return damaged(
      this.#name,
      `line ${this.lines}: ${axis} ${found.slice(0, 30)} (${axis}s run from 1 to ${extent.toLocaleString('en-US')})`,
    );
  }
}

function damaged(name: string, what: string): CfgenError {
  return new CfgenError('INPUT_DAMAGED', `${name} is damaged: ${what}`, {
    hint: 'write or copy the folder again',
    details: { file: name },
  });
}
