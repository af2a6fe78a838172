import { refuse } from '../../../jobs/errors.ts';
import type { ByteStream } from './statement.ts';
import { utf8 } from './text.ts';

const RECORD_CHARS_MAX = 64 * 1024;

/** One record and the line of the file it begins on, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** An RFC 4180 record splitter that knows line numbers; blank lines are passed over. */
interface CsvSplitter {
  push(text: string): CsvRecord[];
  end(): CsvRecord[];
}

/**
 * The records of a CSV stream (RFC 4180, CR LF or LF). Written by hand because a statement's lines are named by the line
 * of the file they begin on, and because a stray quote must be refused rather than repaired.
 * @throws exit 2 for bytes that are not UTF-8 and for quotes that do not pair up
 */
export async function* csvRecords(stream: ByteStream): AsyncGenerator<CsvRecord, void, undefined> {
  const splitter = createSplitter();
  for await (const text of utf8(stream)) yield* splitter.push(text);
  yield* splitter.end();
}

function createSplitter(): CsvSplitter {
  let pending = '';
  let line = 1;

  /** Takes whole records off `pending`; at the end of the file the last one needs no line break. */
  function take(isEnd: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    let at = 0;
    while (at < pending.length) {
      const end = recordEnd(pending, at);
      if (end === -1 && !isEnd) break;
      const raw = pending.slice(at, end === -1 ? pending.length : end);
      const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (text.trim() !== '') records.push({ line, fields: splitFields(text, line) });
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

function splitFields(text: string, line: number): string[] {
  if (!text.includes('"')) return text.split(',');
  const fields: string[] = [];
  const pattern = /"((?:[^"]|"")*)"(,|$)|([^",]*)(,|$)/gy;
  for (;;) {
    const match = pattern.exec(text);
    if (match === null) throw refuse(`line ${line} of the statement has a quote where none may be`);
    fields.push(match[1] === undefined ? (match[3] ?? '') : match[1].replaceAll('""', '"'));
    if ((match[2] ?? match[4]) === '') return fields;
  }
}
