import { LINE_BYTES_MAX, type Line, withoutCr } from './lines.ts';
import { QuotedRecord } from './quoted.ts';

/** One record: mostly one line. `line` is its first. */
export interface DataRecord {
  readonly line: number;
  /** The record as it stands in the file, without its last line end. */
  readonly text: string;
  /** Its cells, where quotes had to be read; else the cells are `text` split at commas. */
  readonly cells?: readonly string[];
  readonly fault?: string;
  readonly raw?: Buffer;
}

export const BROKEN_QUOTES = 'broken quotes';

/**
 * Puts lines together to CSV records. A quote that never closes must not swallow the file: a record that breaks the
 * rules, grows over 64 KiB, meets an unusable line or the file's end is quarantined as its first line alone, and reading
 * resumes at the line after that one. No line is held more than twice: a line that opens a quote has an odd number of
 * them, and the next such line closes or breaks what an earlier one opened.
 */
export class RecordAssembler {
  #held: Line[] = [];
  #bytes = 0;
  #quoted: QuotedRecord | undefined;

  /** Whether a record goes on in the next line. */
  get open(): boolean {
    return this.#quoted !== undefined;
  }

  /** The records that these lines complete, in order. */
  feed(lines: readonly Line[]): DataRecord[] {
    const out: DataRecord[] = [];
    const again: Line[] = [];
    for (const line of lines) {
      this.#take(line, out, again);
      for (let next = again.pop(); next; next = again.pop()) this.#take(next, out, again);
    }
    return out;
  }

  /** The records that are left at the end of the file. */
  end(): DataRecord[] {
    const out: DataRecord[] = [];
    const again: Line[] = [];
    while (this.#quoted) {
      this.#giveUp(out, again);
      for (let next = again.pop(); next; next = again.pop()) this.#take(next, out, again);
    }
    return out;
  }

  #take(line: Line, out: DataRecord[], again: Line[]): void {
    if (this.#quoted === undefined) {
      if (line.fault !== undefined) out.push(line);
      else if (!line.text.includes('"')) plain(line, out);
      else this.#begin(line, out, again);
      return;
    }
    this.#held.push(line);
    this.#bytes += Buffer.byteLength(line.text) + 1;
    if (line.fault !== undefined || this.#bytes > LINE_BYTES_MAX) this.#giveUp(out, again);
    else this.#push(line, out, again);
  }

  #begin(line: Line, out: DataRecord[], again: Line[]): void {
    this.#quoted = new QuotedRecord();
    this.#held = [line];
    this.#bytes = Buffer.byteLength(line.text);
    this.#push(line, out, again);
  }

  #push(line: Line, out: DataRecord[], again: Line[]): void {
    const text = withoutCr(line.text);
    const state = this.#quoted?.push(text, text.length < line.text.length ? '\r\n' : '\n');
    if (state === 'broken') this.#giveUp(out, again);
    if (state !== 'done') return;
    const whole = this.#held.map((held) => held.text).join('\n');
    out.push({ line: this.#held[0]?.line ?? 0, text: whole, cells: this.#quoted?.cells ?? [] });
    this.#quoted = undefined;
  }

  #giveUp(out: DataRecord[], again: Line[]): void {
    const [first, ...rest] = this.#held;
    this.#quoted = undefined;
    if (first) out.push({ ...first, fault: BROKEN_QUOTES });
    for (const line of rest.reverse()) again.push(line);
  }
}

function plain(line: Line, out: DataRecord[]): void {
  const text = withoutCr(line.text);
  if (text !== '') out.push(text === line.text ? line : { line: line.line, text });
}

/** CSV records, a block at a time; blank lines are skipped. The first record is the header. */
export async function* csvRecords(lines: AsyncIterable<readonly Line[]>): AsyncGenerator<DataRecord[]> {
  const assembler = new RecordAssembler();
  for await (const block of lines) yield assembler.feed(block);
  yield assembler.end();
}

/** NDJSON records: every line that is not blank. */
export async function* ndjsonRecords(lines: AsyncIterable<readonly Line[]>): AsyncGenerator<DataRecord[]> {
  const assembler = new LineRecords();
  for await (const block of lines) yield assembler.feed(block);
}

/** Every line that is not blank is a record. */
export class LineRecords {
  readonly open = false;

  feed(lines: readonly Line[]): DataRecord[] {
    const out: DataRecord[] = [];
    for (const line of lines) {
      if (line.fault !== undefined) out.push(line);
      else plain(line, out);
    }
    return out;
  }

  end(): DataRecord[] {
    return [];
  }
}
