import type { Tx } from '../connection.ts';

export interface LoadInfo {
  readonly kind: string;
  /** Base name of the file. */
  readonly file_name: string;
  /** When the file was received: the programme's now. */
  readonly received_at: Date;
}

export interface LoadCounts {
  readonly read: number;
  readonly imported: number;
  readonly unchanged: number;
  readonly quarantined: number;
}

/** Records the receipt of a file; rows that come from it name its number. */
export async function openLoad(tx: Tx, info: LoadInfo): Promise<number> {
  const row = await tx.insertInto('loads').values(info).returning('load_id').executeTakeFirstOrThrow();
  return row.load_id;
}

export async function closeLoad(tx: Tx, loadId: number, sha256: string | null, counts: LoadCounts): Promise<void> {
  await tx
    .updateTable('loads')
    .set({ sha256, ...counts, finished_at: new Date() })
    .where('load_id', '=', loadId)
    .execute();
}

/** When this content was first imported whole, nothing of it quarantined; undefined: it never was. */
export async function importedWhole(tx: Tx, kind: string, sha256: string): Promise<Date | undefined> {
  const row = await tx
    .selectFrom('loads')
    .select('received_at')
    .where('kind', '=', kind)
    .where('sha256', '=', sha256)
    .where('quarantined', '=', '0')
    .orderBy('load_id')
    .executeTakeFirst();
  return row?.received_at;
}

/**
 * What the lines came to: whatever is neither imported nor quarantined was there already.
 * @throws RangeError when that would be negative: a merge counted a line twice.
 */
export function tally(read: number, imported: number, quarantined: number): LoadCounts {
  const unchanged = read - imported - quarantined;
  if (unchanged < 0) throw new RangeError(`${read} lines, but ${imported} imported and ${quarantined} quarantined`);
  return { read, imported, unchanged, quarantined };
}
