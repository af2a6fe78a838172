import { putBackExpired } from '../../db/chunk.ts';
import type { Database } from '../../db/connection.ts';

// What the harness looks up in the office's tables to go on; what it believes of them is the judge's business.

/** Chunks of payments that somebody could work on; the pause after a failed try is over. */
export async function readyChunks({ db, pool }: Database): Promise<string[]> {
  await putBackExpired(db);
  await pool.query(
    `update chunks set not_before = clock_timestamp() where stage = 'payout' and state = 'ready' and not_before > clock_timestamp()`,
  );
  const { rows } = await pool.query<{ id: string }>(
    `select chunk_id as id from chunks where stage = 'payout' and state = 'ready' order by 1`,
  );
  return rows.map(({ id }) => id);
}

/** Between two events more time goes by than a lease lasts. */
export async function endLeases({ pool }: Database): Promise<void> {
  await pool.query(`update chunks set lease_until = clock_timestamp() - interval '1 second' where state = 'running'`);
}

export async function runsIn({ pool }: Database, ...states: string[]): Promise<string[]> {
  const { rows } = await pool.query<{ run: string }>(
    'select payout_run as run from payout_runs where state = any($1) order by 1',
    [states],
  );
  return rows.map(({ run }) => run);
}

/** Runs that were stopped, by the bank's refusal, before all of them was sent. */
export async function halfSentRuns({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ run: string }>(`
    select payout_run as run from payout_runs u where state = 'stopped' and exists (
      select from instalments i where i.payout_run = u.payout_run and i.state = 'released') order by 1`);
  return rows.map(({ run }) => run);
}

/** Runs that go by file, and whether it is written. */
export async function fileRuns({ pool }: Database): Promise<{ run: string; written: boolean }[]> {
  const text = 'select payout_run as run, sha256 is not null as written from payout_files order by 1';
  return (await pool.query<{ run: string; written: boolean }>(text)).rows;
}

/** Unknown orders that went many in one file or call, or may have in the time that a restore lost: no machine sends them again. */
export async function bulkInDoubt({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ reference: string }>(`
    select reference from payment_orders o join instalments i using (instalment_id, order_number)
    where i.state = 'unknown' and (reference in (select reference from bulk_orders) or o.payout_run in (select payout_run from payout_files)
      or o.doubt_since is not null and (exists (select from payout_runs where bulk) or exists (select from restores where files)))
    order by 1`);
  return rows.map(({ reference }) => reference);
}

/** Whether an order is at its end whose later one a restore has lost: the next run makes that one again. */
export async function hasLostOrders({ pool }: Database): Promise<boolean> {
  const { rows } = await pool.query(
    `select from instalments where (state, reason) = ('rejected', 'later_order_lost') limit 1`,
  );
  return rows.length > 0;
}

/** Everybody's instalments in one text: when it stays the same, nothing moves. */
export async function statesOf({ pool }: Database): Promise<string> {
  const { rows } = await pool.query<{ all: string }>(
    `select string_agg(instalment_id || ' ' || state || ' ' || reason || ' ' || order_number, ',' order by instalment_id) as all from instalments`,
  );
  return rows[0]?.all ?? '';
}

/** How many statements were taken, with their lines and breaks, in one text. */
export async function statementsOf({ pool }: Database): Promise<string> {
  const { rows } = await pool.query<{ all: string }>(
    `select format('%s %s %s', (select count(*) from statements), (select count(*) from statement_lines), (select count(*) from breaks)) as all`,
  );
  return rows[0]?.all ?? '';
}

/** Of those whose instalments are held, the numbers. */
export async function heldPeople({ pool }: Database): Promise<number[]> {
  const { rows } = await pool.query<{ n: number }>(
    `select distinct substr(registration_id, 2)::int4 as n from instalments join registrations using (reg) where state = 'held' order by 1`,
  );
  return rows.map(({ n }) => n);
}
