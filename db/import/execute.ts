import { rm } from 'node:fs/promises';
import { sql } from 'kysely';
import type pg from 'pg';
import { fail, refuse } from '../../jobs/errors.ts';
import { wibDate, wibTime } from '../../jobs/time.ts';
import type { Database, Tx } from '../connection.ts';
import { asOurs, lockMerging, retryingDeadlocks, withSession } from '../session.ts';
import type { Kind, MergeContext } from './kind.ts';
import { readBlocks, readLines } from './lines.ts';
import { closeLoad, importedWhole, type LoadCounts, openLoad, tally } from './load.ts';
import { type QuarantineFiles, recordFaults, writeQuarantine } from './quarantine.ts';
import { FileReader } from './reader.ts';
import { csvRecords, type DataRecord, ndjsonRecords } from './records.ts';
import { openSource, type Source, sourceName, spool } from './source.ts';
import { createStage, StageWriter } from './stage.ts';

/** How often `onProgress` is called. */
const PROGRESS_LINES = 65_536;

export interface ImportRequest {
  /** '-' reads standard input. */
  readonly path: string;
  readonly quarantineDir: string;
  /** The programme's now: the time of receipt. */
  readonly now: Date;
  /** Whether the civil registry answers by itself; else a new extract has people decided again. */
  readonly registryOnline: boolean;
  readonly onProgress?: (lines: number, bytes: number, bytes_total: number | undefined) => void;
}

/** The minimal JSON of `prakerja import` (contract, section 1). */
export interface ImportResult extends LoadCounts {
  readonly file: string;
  /** Lines, columns and reasons; the lines themselves stand beside it in `….rejects.csv`. Null: nothing quarantined. */
  readonly quarantine_file: string | null;
  /** What the counts do not say, in a sentence; null: nothing. */
  readonly note: string | null;
}

function recordsOf(kind: Kind, source: Source): AsyncGenerator<DataRecord[]> {
  const lines = readLines(source.chunks);
  return kind.format === 'csv' ? csvRecords(lines) : ndjsonRecords(lines);
}

/** Reads the file into the stage; returns how many records it held. */
async function stageFile(writer: StageWriter, kind: Kind, source: Source, request: ImportRequest): Promise<number> {
  const reader = new FileReader(kind, writer);
  let told = 0;
  for await (const block of readBlocks(source.chunks)) {
    await reader.take(block);
    if (writer.read - told >= PROGRESS_LINES) {
      told = writer.read;
      request.onProgress?.(told, source.bytesRead(), source.bytes_total);
    }
  }
  await reader.end();
  if (!reader.begun) throw refuse(`${sourceName(request.path)} is empty: not even a header; nothing was imported`);
  request.onProgress?.(writer.read, source.bytesRead(), source.bytes_total);
  return writer.read;
}

/** Looks the quarantined lines up in a second reading, which must be of the same bytes. */
async function quarantineFile(
  tx: Tx,
  kind: Kind,
  path: string,
  dir: string,
  name: string,
  sha256: string,
): Promise<QuarantineFiles> {
  const source = await openSource(path);
  const files = await writeQuarantine(tx, dir, name, {
    records: recordsOf(kind, source),
    header: kind.format === 'csv',
    extension: kind.format,
  });
  if (source.sha256() === sha256) return files;
  await files.remove();
  throw fail('the file changed while it was read; nothing was imported: import it again');
}

interface Merged {
  readonly imported: number;
  readonly note: string | null;
}

/**
 * Merges what is staged. Content that was imported whole before is merged as a file without lines: what it said was there
 * already, or was replaced by later files. Asked under the lock, so that of two imports at once the second knows.
 */
async function mergeStage(
  tx: Tx,
  kind: Kind,
  kindName: string,
  sha256: string,
  context: MergeContext,
): Promise<Merged> {
  await lockMerging(tx, kind.table);
  const before = kind.tellsEvents && (await importedWhole(tx, kindName, sha256));
  if (before) await sql`truncate stage, fault`.execute(tx);
  const imported = await kind.merge(tx, context);
  return { imported, note: before ? repeats(before) : ((await kind.note?.(tx)) ?? null) };
}

function repeats(before: Date): string {
  return (
    `The very same content was imported whole on ${wibDate(before)} at ${wibTime(before)} WIB: what later files have ` +
    'replaced since stays so. A line that is to count again has to come in a new file.'
  );
}

/** One file, one transaction: everything of it is there afterwards, its chunks opened, or nothing is. */
async function importInto(
  tx: Tx,
  client: pg.Client,
  kind: Kind,
  kindName: string,
  path: string,
  request: ImportRequest,
): Promise<{ counts: LoadCounts; note: string | null; files: QuarantineFiles | undefined }> {
  const file_name = sourceName(request.path);
  const loadId = await openLoad(tx, { kind: kindName, file_name, received_at: request.now });
  const source = await openSource(path);
  await createStage(tx, kind);
  const read = await stageFile(new StageWriter(kind, tx, client), kind, source, request);
  const sha256 = source.sha256();
  const context = { loadId, registryOnline: request.registryOnline };
  const { imported, note } = await retryingDeadlocks(tx, () => mergeStage(tx, kind, kindName, sha256, context));
  const counts = tally(read, imported, await recordFaults(tx, loadId));
  await closeLoad(tx, loadId, sha256, counts);
  if (counts.quarantined === 0) return { counts, note, files: undefined };
  const name = `${kindName}-${loadId}`;
  return { counts, note, files: await quarantineFile(tx, kind, path, request.quarantineDir, name, sha256) };
}

/** Runs one kind's import from the file to the commit. @throws PrakerjaError only; then nothing was changed. */
export async function execute(
  database: Database,
  kind: Kind,
  kindName: string,
  request: ImportRequest,
): Promise<ImportResult> {
  let written: QuarantineFiles | undefined;
  let spooled: string | undefined;
  try {
    if (request.path === '-') spooled = await spool(process.stdin, request.quarantineDir);
    const path = spooled ?? request.path;
    const { counts, note } = await withSession(database, async (tx, client) => {
      const done = await importInto(tx, client, kind, kindName, path, request);
      written = done.files;
      return done;
    });
    return { file: request.path, ...counts, quarantine_file: written?.list ?? null, note };
  } catch (error) {
    await written?.remove();
    throw asOurs(error);
  } finally {
    if (spooled) await rm(spooled, { force: true });
  }
}
