import { once } from 'node:events';
import { from as copyFrom } from 'pg-copy-streams';
import type { Database } from '../../db/connection.ts';
import type { Backup } from '../helpers/backup.ts';

/**
 * What the harness writes down for itself beside the program's tables, by triggers of its own: every change of a state,
 * every order and every entry that there ever was, those that a restore has lost included.
 */
const WITNESS = `
  create schema witness;
  create table witness.changes (seq bigint generated always as identity, instalment_id bigint, from_state text, to_state text);
  create table witness.orders (reference text, nik bigint, batch int, kind text, number int, order_number int, account text, amount_idr bigint);
  create table witness.entries (like public.ledger_entries);
  create function witness.change() returns trigger language plpgsql as $$ begin
    insert into witness.changes (instalment_id, from_state, to_state) values (new.instalment_id, old.state, new.state);
    return null; end $$;
  create trigger witness after update on instalments for each row when (old.state <> new.state) execute function witness.change();
  create function witness.ordered() returns trigger language plpgsql as $$ begin
    insert into witness.orders select new.reference, i.nik, i.batch, i.kind, i.number, new.order_number, new.account_number, new.amount_idr
    from public.instalments i where i.instalment_id = new.instalment_id;
    return null; end $$;
  create trigger witness after insert on payment_orders for each row execute function witness.ordered();
  create function witness.entered() returns trigger language plpgsql as $$ begin
    insert into witness.entries select * from added;
    return null; end $$;
  create trigger witness after insert on ledger_entries referencing new table as added for each statement execute function witness.entered();
`;

/** Puts the witness beside a migrated schema. */
export async function addWitness({ pool }: Database): Promise<void> {
  await pool.query(WITNESS);
}

/** A new schedule: nothing was seen yet. */
export async function forgetAll({ pool }: Database): Promise<void> {
  await pool.query('delete from witness.changes; delete from witness.orders');
}

/**
 * Puts a backup in the place of what is there, as test/helpers/backup.ts does, but by deleting rows: emptying some sixty
 * tables by truncate took 66 ms, and a new database from a template 200.
 */
export async function putBack({ pool }: Database, { tables, sequences }: Backup): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin; set local session_replication_role = replica');
    await client.query(tables.map(({ name }) => `delete from ${name}`).join(';'));
    for (const { name, content } of tables) {
      if (content === '') continue;
      const into = client.query(copyFrom(`copy ${name} from stdin`));
      into.end(content);
      await once(into, 'finish');
    }
    const values = sequences.map(({ name, value, called }) => `setval('${name}', ${value}, ${called})`);
    await client.query(`select ${values.join(', ')}`);
    await client.query('delete from witness.entries; insert into witness.entries select * from ledger_entries');
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
