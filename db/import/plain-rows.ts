import type { Column } from './columns.ts';
import type { Kind } from './kind.ts';
import { LINE_BYTES_MAX } from './lines.ts';
import type { PlainValue } from './plain-values.ts';

const COMMA = 0x2c;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const SPACE = 0x20;
/** Handed to COPY once this much is there; a row is at most a line, its number and a tab each. */
const PIECE_BYTES = 256 * 1024;
const ROW_BYTES_MAX = 2 * LINE_BYTES_MAX;
/** What needs to be read as text in CSV or escaped for COPY. */
const SPECIAL = new Uint8Array(256);
for (const byte of [0, TAB, LF, CR, QUOTE, BACKSLASH]) SPECIAL[byte] = 1;

/**
 * Rows for COPY straight from the file's bytes: of lines without quotes or escapes in which every value is plain. All
 * other lines are left to the reader of text, which alone decides what is a fault.
 *
 * ```ts
 * const rows = PlainRows.of(kind, header); // undefined: the kind has a column that must always be read as text
 * if (!rows.take(block, start, end, line)) readAsText(line);
 * ```
 */
export class PlainRows {
  readonly #cells: Cells;
  readonly #checks: readonly PlainValue[];
  /** For each column of the staging table, which column of the kind holds its value. */
  readonly #sources: readonly number[];
  #out = Buffer.allocUnsafe(PIECE_BYTES + ROW_BYTES_MAX);
  #used = 0;

  private constructor(cells: Cells, checks: readonly PlainValue[], sources: readonly number[]) {
    this.#cells = cells;
    this.#checks = checks;
    this.#sources = sources;
  }

  /** `header`: the names of a CSV file's cells. */
  static of({ columns, derived = [], checkRow, format }: Kind, header: readonly string[]): PlainRows | undefined {
    const checks = columns.map((column) => column.plain);
    const sources = [
      ...columns.keys(),
      ...derived.map(({ sameAs }) => columns.findIndex(({ name }) => name === sameAs)),
    ];
    if (checkRow || sources.includes(-1) || !checks.every((check) => check !== undefined)) return undefined;
    const cells = format === 'csv' ? new CsvCells(columns, header) : new JsonCells(columns);
    return new PlainRows(cells, checks as PlainValue[], sources);
  }

  /** Takes the line in `block` from `start` to `end` (its LF not included); false: it must be read as text. */
  take(block: Buffer, start: number, end: number, line: number): boolean {
    const stop = block[end - 1] === CR ? end - 1 : end;
    const cells = this.#cells;
    if (stop - start > LINE_BYTES_MAX || !cells.split(block, start, stop)) return false;
    for (let i = 0; i < this.#checks.length; i++) {
      if (!(this.#checks[i] as PlainValue)(block, cells.starts[i] as number, cells.ends[i] as number)) return false;
    }
    this.#write(block, line);
    return true;
  }

  /** Whether the rows must be taken away before the next line. */
  get full(): boolean {
    return this.#used >= PIECE_BYTES;
  }

  /** Takes the rows so far away. */
  piece(): Buffer {
    const piece = this.#out.subarray(0, this.#used);
    this.#out = Buffer.allocUnsafe(PIECE_BYTES + ROW_BYTES_MAX);
    this.#used = 0;
    return piece;
  }

  #write(block: Buffer, line: number): void {
    const out = this.#out;
    let at = this.#used + out.write(String(line), this.#used, 'latin1');
    for (const source of this.#sources) {
      out[at++] = TAB;
      const end = this.#cells.ends[source] as number;
      for (let i = this.#cells.starts[source] as number; i < end; i++) out[at++] = block[i] as number;
    }
    out[at++] = LF;
    this.#used = at;
  }
}

/** Finds where each column's value stands in a line; false: this line is not that simple. */
interface Cells {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  split(block: Uint8Array, start: number, end: number): boolean;
}

class CsvCells implements Cells {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly #positions: readonly number[];
  readonly #commas: Uint32Array;

  constructor(columns: readonly Column[], header: readonly string[]) {
    this.#positions = columns.map(({ name }) => header.indexOf(name));
    this.starts = new Uint32Array(columns.length);
    this.ends = new Uint32Array(columns.length);
    this.#commas = new Uint32Array(header.length + 1);
  }

  split(block: Uint8Array, start: number, end: number): boolean {
    const commas = this.#commas;
    const count = commas.length - 1;
    let found = 0;
    // Cell p begins after commas[p] and ends before commas[p + 1].
    commas[0] = start - 1;
    for (let i = start; i < end; i++) {
      const byte = block[i] as number;
      if (byte === COMMA) {
        if (++found === count) return false;
        commas[found] = i;
      } else if (SPECIAL[byte] === 1) return false;
    }
    if (found !== count - 1 || end === start) return false;
    commas[count] = end;
    for (let i = 0; i < this.#positions.length; i++) {
      const position = this.#positions[i] as number;
      this.starts[i] = (commas[position] as number) + 1;
      this.ends[i] = commas[position + 1] as number;
    }
    return true;
  }
}

/** One object without blanks, all of whose members are strings without escapes: `{"name":"value","name":"value"}`. */
class JsonCells implements Cells {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly #names: readonly Uint8Array[];
  readonly #optional: readonly boolean[];

  constructor(columns: readonly Column[]) {
    this.#names = columns.map(({ name }) => new TextEncoder().encode(name));
    this.#optional = columns.map(({ optional }) => optional === true);
    this.starts = new Uint32Array(columns.length);
    this.ends = new Uint32Array(columns.length);
  }

  split(block: Uint8Array, start: number, end: number): boolean {
    // A place of 0 to 0 is the empty value of a member that is missing; no value begins at 0, where the brace is.
    this.starts.fill(0);
    this.ends.fill(0);
    if (block[start] !== OPEN || block[end - 1] !== CLOSE) return false;
    let at = start + 1;
    for (;;) {
      const name = at + 1;
      const nameEnd = this.#stringEnd(block, at, end);
      if (nameEnd < 0 || block[nameEnd + 1] !== COLON) return false;
      const value = nameEnd + 3;
      const valueEnd = this.#stringEnd(block, nameEnd + 2, end);
      if (valueEnd < 0 || !this.#keep(block, name, nameEnd, value, valueEnd)) return false;
      at = valueEnd + 2;
      if (at === end) return block[valueEnd + 1] === CLOSE && this.#complete();
      if (block[valueEnd + 1] !== COMMA) return false;
    }
  }

  /** Where the string that opens at `at` closes; -1: it does not, or has something to escape. */
  #stringEnd(block: Uint8Array, at: number, end: number): number {
    if (block[at] !== QUOTE) return -1;
    for (let i = at + 1; i < end; i++) {
      const byte = block[i] as number;
      if (byte === QUOTE) return i;
      if (byte === BACKSLASH || byte < SPACE) return -1;
    }
    return -1;
  }

  /** Keeps a member that is a column; false when it is there twice. */
  #keep(block: Uint8Array, name: number, nameEnd: number, value: number, valueEnd: number): boolean {
    const length = nameEnd - name;
    for (let i = 0; i < this.#names.length; i++) {
      const known = this.#names[i] as Uint8Array;
      if (known.length !== length) continue;
      let same = 0;
      while (same < length && known[same] === block[name + same]) same++;
      if (same < length) continue;
      if (this.starts[i] !== 0) return false;
      this.starts[i] = value;
      this.ends[i] = valueEnd;
      return true;
    }
    return true;
  }

  #complete(): boolean {
    return this.starts.every((place, i) => place !== 0 || this.#optional[i]);
  }
}
