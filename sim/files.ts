import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const READ_BYTES = 1 << 20;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Calls `take` with each line of `name`, or `name.gz`, in `dir`, without its LF or CRLF; a missing file has no lines.
 * The bytes are valid until `take` returns. A callback, not an iterator: awaiting each of 23 million lines costs more
 * than reading them (csv-parse with `for await` took 3 seconds for what this does in a tenth).
 */
export async function eachLine(dir: string, name: string, take: (line: Buffer) => void): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of (openData(dir, name) ?? []) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
    let from = 0;
    for (let to = bytes.indexOf(LF); to !== -1; to = bytes.indexOf(LF, from)) {
      take(bytes.subarray(from, to > from && bytes[to - 1] === CR ? to - 1 : to));
      from = to + 1;
    }
    rest = bytes.subarray(from);
  }
  if (rest.length > 0) take(rest);
}

/** Calls `take` with each row of a CSV file (RFC 4180, header line) as the values of `columns`, in that order. */
export async function eachRow(
  dir: string,
  name: string,
  columns: readonly string[],
  take: (...values: string[]) => void,
): Promise<void> {
  let places: number[] | undefined;
  let open = '';
  await eachLine(dir, name, (line) => {
    const text = open + line.toString();
    // An odd number of quotes: the field goes on in the next line.
    open = text.includes('"') && text.split('"').length % 2 === 0 ? `${text}\n` : '';
    if (open !== '' || text === '') return;
    const fields = splitCsv(text);
    if (places === undefined) {
      fields[0] = (fields[0] ?? '').replace(/^\uFEFF/, '');
      places = columns.map((column) => fields.indexOf(column));
      return;
    }
    take(...places.map((place) => fields[place] ?? ''));
  });
}

/** Splits one RFC 4180 record. */
export function splitCsv(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  for (let match = field.exec(line); match !== null; match = field.exec(line)) {
    fields.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] === '') break;
  }
  return fields;
}

function openData(dir: string, name: string): Readable | undefined {
  const plain = join(dir, name);
  if (existsSync(plain)) return createReadStream(plain, { highWaterMark: READ_BYTES });
  if (!existsSync(`${plain}.gz`)) return undefined;
  const source = createReadStream(`${plain}.gz`);
  const bytes = createGunzip({ chunkSize: READ_BYTES });
  // pipe() does not pass errors on; without this a file that cannot be read would hang the start.
  source.on('error', (error) => bytes.destroy(error));
  return source.pipe(bytes);
}
