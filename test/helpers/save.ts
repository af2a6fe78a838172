import { sql } from 'kysely';
import { complete, holdFence } from '../../db/chunk.ts';
import type { Database, Tx } from '../../db/connection.ts';
import type { Chunk, Counts } from '../../jobs/chunk.ts';

/** A worker's save that has written and not committed yet. */
export interface OpenSave {
  commit(): Promise<void>;
}

/** Saves a claimed chunk, as the executor does, up to the commit. */
export async function openSave(database: Database, chunk: Chunk, work: (tx: Tx) => Promise<Counts>): Promise<OpenSave> {
  let allow: () => void = () => undefined;
  const allowed = new Promise<void>((resolve) => {
    allow = resolve;
  });
  let saved: Promise<void> = Promise.resolve();
  await new Promise<void>((written, failed) => {
    saved = database.db.transaction().execute(async (tx) => {
      if (!(await holdFence(tx, chunk))) throw new Error('the fence is lost');
      await complete(tx, chunk, await work(tx));
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

/** Resolves when some session waits for a lock that another holds. */
export async function somebodyWaits({ db }: Database): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int4 as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      db,
    );
    if (rows[0]?.n) return;
  }
}
