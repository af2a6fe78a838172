import { once } from 'node:events';
import pg from 'pg';
import type { Database } from '../../db/connection.ts';

/** Says so after every change of the chunks table; delivered at the commit, when the change can be seen. */
const INSTALL = `
  create or replace function tell_change() returns trigger language plpgsql as $$
  begin
    perform pg_notify('chunks_changed', '');
    return null;
  end $$;
  create or replace trigger tell_change after insert or update on chunks
    for each statement execute function tell_change()`;

/**
 * Resolves when `condition`, one boolean in SQL, is true; looked at whenever chunks change, so nothing is slept for.
 * Everything that workers do ends in a change of a chunk.
 *
 * ```ts
 * await until(database, `select count(*) > 5 from verdicts_email`);
 * ```
 * @throws when `signal` is raised first
 */
export async function until(
  database: Database,
  condition: string,
  signal = AbortSignal.timeout(120_000),
): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(INSTALL);
    await client.query('listen chunks_changed');
    let changed = once(client, 'notification', { signal });
    while (!(await holds(client, condition))) {
      await changed.catch((cause: unknown) => {
        throw new Error(`it never came to: ${condition}`, { cause });
      });
      changed = once(client, 'notification', { signal });
    }
    changed.catch(() => undefined);
  } finally {
    await client.end();
  }
}

async function holds(client: pg.Client, condition: string): Promise<boolean> {
  const { rows } = await client.query<boolean[]>({ text: condition, rowMode: 'array' });
  return rows[0]?.[0] === true;
}
