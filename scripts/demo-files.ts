import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The lines of a text file, one after the other. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

/** Copies the lines that `keep` wants (the header always, when there is one) into another file; returns how many. */
export async function copyLines(
  from: string,
  to: string,
  header: boolean,
  keep: (line: string) => boolean,
): Promise<number> {
  let kept = 0;
  async function* chosen() {
    let first = header;
    for await (const line of linesOf(from)) {
      if (first || keep(line)) yield `${line}\n`;
      if (!first && keep(line)) kept++;
      first = false;
    }
  }
  await pipeline(Readable.from(chosen()), createWriteStream(to));
  return kept;
}

/** The first field of a CSV line whose ids never need quotes. */
export function firstField(line: string): string {
  return line.slice(0, line.indexOf(','));
}

/**
 * Who is written to over SMTP: those of the first `limit` registrations that the mail counterpart knows events of.
 * Makes two files: their registrations, and the events of everybody else.
 */
export async function splitMail(
  nation: string,
  out: string,
  limit: number,
): Promise<{ byMail: number; first: string; events: string }> {
  const early = new Set<string>();
  for await (const line of linesOf(join(nation, 'registrations.csv'))) {
    if (early.size > limit) break;
    early.add(firstField(line));
  }
  const mailed = new Set<string>();
  const idOf = (event: string) => (JSON.parse(event) as { registration_id: string }).registration_id;
  const source = join(nation, 'email-events.ndjson');
  const events = join(out, 'email-events-by-file.ndjson');
  await copyLines(source, events, false, (line) => {
    const id = idOf(line);
    if (early.has(id)) mailed.add(id);
    return !early.has(id);
  });
  const first = join(out, 'registrations-by-smtp.csv');
  const byMail = await copyLines(join(nation, 'registrations.csv'), first, true, (line) =>
    mailed.has(firstField(line)),
  );
  return { byMail, first, events };
}

/** Compares an export of verdicts with the generator's truth; the first differences, or none. */
export async function differences(exported: string, truth: string): Promise<{ lines: number; wrong: string[] }> {
  const expected = new Set<string>();
  let header = true;
  for await (const line of linesOf(truth)) {
    if (!header) expected.add(line);
    header = false;
  }
  const lines = expected.size;
  const wrong: string[] = [];
  header = true;
  for await (const line of linesOf(exported)) {
    const verdict = line.split(',').slice(0, 4).join(',');
    if (!header && !expected.delete(verdict)) wrong.push(`decided ${verdict}`);
    header = false;
  }
  return { lines, wrong: [...wrong, ...[...expected].map((line) => `expected ${line}`)] };
}
