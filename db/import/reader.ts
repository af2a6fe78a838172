import { isUtf8 } from 'node:buffer';
import type { Fault } from './columns.ts';
import { cellsOf, csvValues, ndjsonValues } from './header.ts';
import type { Kind } from './kind.ts';
import { type BadLine, type Block, type Line, lineOf } from './lines.ts';
import { PlainRows } from './plain-rows.ts';
import { type DataRecord, LineRecords, RecordAssembler } from './records.ts';
import type { StageWriter } from './stage.ts';

const LF = 10;

/** Reads a file's blocks into the stage: plain lines straight from their bytes, all others as text. */
export class FileReader {
  readonly #kind: Kind;
  readonly #writer: StageWriter;
  readonly #records: RecordAssembler | LineRecords;
  #valuesOf: ((record: DataRecord) => readonly string[] | Fault) | undefined;
  #plain: PlainRows | undefined;

  constructor(kind: Kind, writer: StageWriter) {
    this.#kind = kind;
    this.#writer = writer;
    this.#records = kind.format === 'csv' ? new RecordAssembler() : new LineRecords();
    if (kind.format === 'csv') return;
    this.#valuesOf = ndjsonValues(kind.columns);
    this.#plain = PlainRows.of(kind, []);
  }

  /** Whether a header was read; NDJSON needs none. */
  get begun(): boolean {
    return this.#valuesOf !== undefined;
  }

  /** @throws exit 2 when the header lacks a column */
  async take(block: Block | BadLine): Promise<void> {
    if ('fault' in block) return this.#text(block);
    const { bytes } = block;
    const readable = isUtf8(bytes) && !bytes.includes(0);
    let { line } = block;
    for (let start = 0; start <= bytes.length; line++) {
      const found = bytes.indexOf(LF, start);
      const end = found < 0 ? bytes.length : found;
      if (readable && !this.#records.open && this.#plain?.take(bytes, start, end, line)) this.#writer.read++;
      else await this.#text(lineOf(line, bytes.subarray(start, end)));
      if (this.#plain?.full) await this.#writer.writeRows(this.#plain.piece());
      start = end + 1;
    }
  }

  async end(): Promise<void> {
    await this.#write(this.#records.end());
    if (this.#plain) await this.#writer.writeRows(this.#plain.piece());
    await this.#writer.end();
  }

  #text(line: Line): Promise<void> | undefined {
    const records = this.#records.feed([line]);
    return records.length === 0 ? undefined : this.#write(records);
  }

  async #write(records: readonly DataRecord[]): Promise<void> {
    const [first] = records;
    if (!first) return;
    if (this.#valuesOf) return this.#writer.write(records, this.#valuesOf);
    this.#valuesOf = csvValues(this.#kind.columns, first);
    this.#plain = PlainRows.of(
      this.#kind,
      cellsOf(first).map((name) => name.trim()),
    );
    await this.#writer.write(records.slice(1), this.#valuesOf);
  }
}
