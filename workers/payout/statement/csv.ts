import { refuse } from '../../../jobs/errors.ts';

const RECORD_CHARS_MAX = 64 * 1024;

/** One record and the line of the file it begins on, from 1; before it is split into fields. */
export interface RawRecord {
  readonly line: number;
  readonly text: string;
}

export type Separator = ',' | ';' | '\t';

/** An RFC 4180 record splitter that knows line numbers; blank lines are passed over. */
interface CsvSplitter {
  push(text: string): RawRecord[];
  end(): RawRecord[];
}

/**
 * The records of a CSV stream (RFC 4180, CR LF or LF), not split yet, for the header must show the separator first.
 * Written by hand because a statement's lines are named by the line of the file they begin on, and because a stray quote
 * must be refused rather than repaired.
 */
export async function* rawRecords(texts: AsyncIterable<string>): AsyncGenerator<RawRecord, void, undefined> {
  const splitter = createSplitter();
  for await (const text of texts) yield* splitter.push(text);
  yield* splitter.end();
}

function createSplitter(): CsvSplitter {
  let pending = '';
  let line = 1;

  /** Takes whole records off `pending`; at the end of the file the last one needs no line break. */
  function take(isEnd: boolean): RawRecord[] {
    const records: RawRecord[] = [];
    let at = 0;
    while (at < pending.length) {
      const end = recordEnd(pending, at);
      if (end === -1 && !isEnd) break;
      const raw = pending.slice(at, end === -1 ? pending.length : end);
      const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (text.trim() !== '') records.push({ line, text });
      line += 1 + (raw.includes('\n') ? raw.split('\n').length - 1 : 0);
      at = end === -1 ? pending.length : end + 1;
    }
    pending = pending.slice(at);
    if (pending.length > RECORD_CHARS_MAX)
      throw refuse(`line ${line} of the statement is longer than 64 KiB, or a quote is never closed`);
    return records;
  }

  return {
    push(text) {
      pending += text;
      return take(false);
    },
    end: () => take(true),
  };
}

/** Where the record ends: the first line break outside quotes; -1: not complete. */
function recordEnd(text: string, from: number): number {
  let end = text.indexOf('\n', from);
  let quote = text.indexOf('"', from);
  while (quote !== -1 && end !== -1 && quote < end) {
    const closing = text.indexOf('"', quote + 1);
    if (closing === -1) return -1;
    if (closing > end) end = text.indexOf('\n', closing);
    quote = text.indexOf('"', closing + 1);
  }
  return end;
}

/** @throws exit 2 when a quote stands where none may be, or one is not closed: then the file ends here */
export function fieldsOf({ line, text }: RawRecord, separator: Separator): string[] {
  const fields = splitFields(text, separator);
  if (fields === null && splitFields(`${text}"`, separator) !== null)
    throw refuse(`line ${line} of the statement ends within quotes: it was cut off; ask for the whole statement`);
  if (fields === null) throw refuse(`line ${line} of the statement has a quote where none may be`);
  return fields;
}

const FIELD: Readonly<Record<Separator, RegExp>> = {
  ',': /"((?:[^"]|"")*)"(,|$)|([^",]*)(,|$)/gy,
  ';': /"((?:[^"]|"")*)"(;|$)|([^";]*)(;|$)/gy,
  '\t': /"((?:[^"]|"")*)"(\t|$)|([^"\t]*)(\t|$)/gy,
};

/** The fields of a record; null: a quote stands where none may be. */
export function splitFields(text: string, separator: Separator): string[] | null {
  if (!text.includes('"')) return text.split(separator);
  const fields: string[] = [];
  const pattern = FIELD[separator];
  pattern.lastIndex = 0;
  for (;;) {
    const match = pattern.exec(text);
    if (match === null) return null;
    fields.push(match[1] === undefined ? (match[3] ?? '') : match[1].replaceAll('""', '"'));
    if ((match[2] ?? match[4]) === '') return fields;
  }
}
