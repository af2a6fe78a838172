import pg from 'pg';
import type { Database } from '../../db/connection.ts';

/** A wave waits here before it stores people. */
const INSTALL = `
  create or replace function wait_for_test() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock_shared(4711);
    return null;
  end $$;
  create or replace trigger wait_for_test before insert on people for each statement execute function wait_for_test()`;

/** Keeps every dedupe wave in the middle of its transaction until released, or until the server is gone. */
export async function holdDedupe(database: Database): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(INSTALL);
  await client.query('select pg_advisory_lock(4711)');
  return { release: () => client.end() };
}
