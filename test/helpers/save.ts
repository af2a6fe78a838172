import { sql } from 'kysely';
import { complete, holdFence } from '../../db/chunk.ts';
import type { Database, Tx } from '../../db/connection.ts';
import type { Chunk, Counts } from '../../jobs/chunk.ts';

/** What has been written and not committed yet. */
export interface OpenSave {
  commit(): Promise<void>;
}

/** Saves a claimed chunk, as the executor does, up to the commit. */
export function openSave(database: Database, chunk: Chunk, work: (tx: Tx) => Promise<Counts>): Promise<OpenSave> {
  return openTransaction(database, async (tx) => {
    if (!(await holdFence(tx, chunk))) throw new Error('the fence is lost');
    await complete(tx, chunk, await work(tx));
  });
}

/** Does something in a transaction up to the commit. */
async function openTransaction(database: Database, work: (tx: Tx) => Promise<unknown>): Promise<OpenSave> {
  let allow: () => void = () => undefined;
  const allowed = new Promise<void>((resolve) => {
    allow = resolve;
  });
  let saved: Promise<void> = Promise.resolve();
  await new Promise<void>((written, failed) => {
    saved = database.db.transaction().execute(async (tx) => {
      await work(tx);
      written();
      await allowed;
    });
    saved.catch(failed);
  });
  return {
    commit: () => {
      allow();
      return saved;
    },
  };
}

/** Begins `second` when `first` has written and not committed; commits when `second` waits for it, or has ended. */
export async function meanwhile<T>(
  database: Database,
  first: (tx: Tx) => Promise<unknown>,
  second: () => Promise<T>,
): Promise<T> {
  const open = await openTransaction(database, first);
  let ended = false;
  const result = second().finally(() => {
    ended = true;
  });
  result.catch(() => undefined);
  await somebodyWaits(database, () => ended);
  await open.commit();
  return result;
}

/** Resolves when so many sessions wait for a lock that another holds, or when it is `over`. */
export async function somebodyWaits({ db }: Database, over: () => boolean = () => false, sessions = 1): Promise<void> {
  while (!over()) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int4 as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      db,
    );
    if ((rows[0]?.n ?? 0) >= sessions) return;
  }
}
