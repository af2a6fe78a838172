import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { fail } from '../../jobs/errors.ts';
import type { Tx } from '../connection.ts';
import type { DataRecord } from './records.ts';

/** Faults fetched at a time while the files are written. */
const PAGE_ROWS = 10_000;

/** The files of one load's quarantine, and how to take them back. */
export interface QuarantineFiles {
  /** `line,column,reason`: nothing in it is personal. */
  readonly list: string;
  /** The lines themselves, byte for byte under the original header: correct them and import this file. */
  readonly rejects: string | null;
  remove(): Promise<void>;
}

/** Copies the faults into the `quarantine` table; returns how many there are. */
export async function recordFaults(tx: Tx, loadId: number): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into quarantine (load_id, line, column_name, reason)
    select ${loadId}, line, column_name, reason from fault order by line`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

interface FaultRow {
  readonly line: number;
  readonly column_name: string;
  readonly reason: string;
}

async function* faultsInOrder(tx: Tx): AsyncGenerator<FaultRow> {
  for (let after = 0; ; ) {
    const { rows } = await sql<FaultRow>`
      select line::float8 as line, column_name, reason from fault
      where line > ${after} order by line limit ${PAGE_ROWS}`.execute(tx);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    after = last.line;
  }
}

/** Reasons are our own words and may hold commas. */
const csvCell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

class OutFile {
  readonly path: string;
  readonly #stream: WriteStream;
  #error: Error | undefined;

  constructor(path: string) {
    this.path = path;
    this.#stream = createWriteStream(path, { mode: 0o600 });
    this.#stream.on('error', (error) => {
      this.#error ??= error;
    });
  }

  async write(data: string | Buffer): Promise<void> {
    if (this.#error) throw this.#error;
    if (!this.#stream.write(data)) await once(this.#stream, 'drain');
  }

  async end(): Promise<void> {
    if (this.#error) throw this.#error;
    this.#stream.end();
    if (!this.#stream.closed) await once(this.#stream, 'close');
    if (this.#error) throw this.#error;
  }
}

/** Where the rejected lines are found again: the records of a second reading, and whether the first one is a header. */
export interface SecondReading {
  readonly records: AsyncIterable<readonly DataRecord[]>;
  readonly header: boolean;
  readonly extension: 'csv' | 'ndjson';
}

/**
 * Writes the quarantine files: line, column and reason in one; beside it the lines, found in a second reading of the
 * input, because staging holds values, not bytes, and most files need no second look.
 */
export async function writeQuarantine(
  tx: Tx,
  dir: string,
  name: string,
  reading: SecondReading | undefined,
): Promise<QuarantineFiles> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const list = new OutFile(join(dir, `${name}.csv`));
  const rejects = reading ? new OutFile(join(dir, `${name}.rejects.${reading.extension}`)) : undefined;
  const remove = async () => {
    for (const file of [list, rejects]) if (file) await rm(file.path, { force: true });
  };
  try {
    await list.write('line,column,reason\n');
    for await (const fault of faultsInOrder(tx)) {
      await list.write(`${fault.line},${fault.column_name},${csvCell(fault.reason)}\n`);
    }
    await list.end();
    if (reading && rejects) await writeRejects(faultsInOrder(tx), reading, rejects);
    return { list: list.path, rejects: rejects?.path ?? null, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function writeRejects(faults: AsyncGenerator<FaultRow>, reading: SecondReading, out: OutFile): Promise<void> {
  let wanted = (await faults.next()).value as FaultRow | undefined;
  let header = reading.header;
  for await (const block of reading.records) {
    for (const record of block) {
      if (header || record.line === wanted?.line) {
        await out.write(record.raw ?? record.text);
        await out.write('\n');
      }
      if (!header && record.line === wanted?.line) wanted = (await faults.next()).value as FaultRow | undefined;
      header = false;
    }
  }
  await out.end();
  if (wanted) throw fail('the file changed while it was read; nothing was imported: import it again');
}
