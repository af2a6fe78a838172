import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import { formatRupiah } from '../jobs/money.ts';
import { isSamePerson } from '../jobs/person.ts';
import type { Policy } from '../jobs/policy.ts';
import { audit } from './audit.ts';
import type { Db, Tx } from './connection.ts';
import { balanceOf, isFunded, postMovements } from './ledger.ts';
import { COUNTS, hasOperators, isVerified, isVerifiedNow } from './operators.ts';
import { loadPolicy } from './run.ts';

/** The ledger's reference of what is held for a run. */
function ledgerReference(run: string): string {
  return `RUN-${run}`;
}

/** Makes a run of everything `due` that can be paid now (`payable_now`), with its declared count and total. Undefined: nothing is due. */
export async function prepareRun(
  tx: Tx,
  asOf: string,
  by: string,
): Promise<{ run: string; count: number; totalIdr: string } | undefined> {
  const { rows: due } =
    await sql`select 1 from payable_now join instalments using (instalment_id) where state = 'due' limit 1`.execute(tx);
  if (due.length === 0) return undefined;
  const prepared_verified = await isVerified(tx, by);
  const made = await tx
    .insertInto('payout_runs')
    .values({ as_of: asOf, declared_count: 0, declared_total_idr: 0, prepared_by: by, prepared_verified })
    .returning('payout_run')
    .executeTakeFirstOrThrow();
  // Declared is what goes into it, counted as it changes: somebody may be let go at this moment.
  const { rows } = await sql<Sum>`
    with moved as (
      update instalments set state = 'prepared', payout_run = ${made.payout_run}
      where state = 'due' and instalment_id in (select instalment_id from payable_now) returning amount_idr)
    select count(*)::int4 as count, coalesce(sum(amount_idr), 0)::text as total from moved`.execute(tx);
  const { count, total } = rows[0] as Sum;
  if (count === 0) {
    await tx.deleteFrom('payout_runs').where('payout_run', '=', made.payout_run).execute();
    return undefined;
  }
  await tx
    .updateTable('payout_runs')
    .set({ declared_count: count, declared_total_idr: total })
    .where('payout_run', '=', made.payout_run)
    .execute();
  await audit(tx, {
    who: by,
    verified: prepared_verified,
    action: 'payout prepare',
    subject: `run ${made.payout_run}`,
    note: `${count} instalments, ${total} rupiah`,
  });
  return { run: made.payout_run, count, totalIdr: total };
}

/** @throws exit 2 when there is no such run */
export async function findRun(db: Db | Tx, run: string) {
  const row = await db.selectFrom('payout_runs').selectAll().where('payout_run', '=', run).executeTakeFirst();
  if (!row) throw refuse(`there is no payout run ${run}`);
  return row;
}

/**
 * The same, and nobody else changes the run until this transaction ends. Orders of it can be made meanwhile: their foreign
 * key asks for the row, and whoever stops the run waits for their instalments.
 */
export async function lockRun(tx: Tx, run: string) {
  await sql`select 1 from payout_runs where payout_run = ${run} for no key update`.execute(tx);
  return findRun(tx, run);
}

/** The policies of the batches whose people a run pays: a batch keeps its policy, whatever is opened since. */
export async function policiesOfRun(tx: Tx, run: string): Promise<Policy[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct policy_id as id from batches where batch in (select batch from instalments where payout_run = ${run})`.execute(
    tx,
  );
  return Promise.all(rows.map(({ id }) => loadPolicy(tx, id)));
}

export interface Released {
  readonly count: number;
  /** Whole rupiah, as text. */
  readonly totalIdr: string;
  readonly approvals: number;
  readonly needed: number;
  /** Whether the state's funding covers it; null: no funding was recorded, so nothing was checked. */
  readonly funded: true | null;
  /** WIB date up to which its instalments were due. */
  readonly asOf: string;
  /** Everybody concerned was an operator with a token. */
  readonly verified: boolean;
}

export interface Release {
  readonly run: string;
  readonly by: string;
  readonly now: Date;
  /** How many people must agree to a total (policy). */
  readonly approversFor: (totalIdr: bigint) => number;
}

/**
 * One person's agreement to a prepared run; with the last that is needed it is released, and its money held. Nobody who
 * prepared it agrees, nobody agrees twice, and it must still be what was declared.
 */
export async function releaseRun(tx: Tx, { run, by, now, approversFor }: Release): Promise<Released> {
  const row = await lockRun(tx, run);
  if (row.state !== 'prepared') throw refuse(`payout run ${run} is ${row.state}; only a prepared run can be released`);
  if (isSamePerson(row.prepared_by, by)) throw refuse(`${by} prepared run ${run}; another person must release it`);
  if (!row.prepared_verified && (await hasOperators(tx)))
    throw refuse(
      `payout run ${run} was prepared under a name that was not verified: stop it and prepare it again, with a token`,
    );
  const own = { by, verified: await isVerifiedNow(tx, by) };
  const { count, total } = await stillPrepared(tx, run);
  if (count > Number(row.declared_count) || BigInt(total) > BigInt(row.declared_total_idr)) {
    throw refuse(
      `payout run ${run} holds more than the ${row.declared_count} instalments and ${row.declared_total_idr} rupiah that were declared`,
    );
  }
  const approvals = await approve(tx, run, own, now);
  const needed = approversFor(BigInt(total));
  const isLast = approvals.length >= needed;
  // What is released is counted as it changes: somebody may be held at this moment.
  const agreed = isLast ? await moveRun(tx, run, 'prepared', 'released') : { count, total };
  const funded = await holdFunds(tx, run, agreed.total, isLast, now);
  const note = `${agreed.count} instalments, ${agreed.total} rupiah, ${approvals.length} of ${needed} approvals`;
  await audit(tx, { who: by, verified: own.verified, action: 'payout release', subject: `run ${run}`, note });
  if (isLast) {
    const released_verified = approvals.every(({ verified }) => verified);
    await tx
      .updateTable('payout_runs')
      .set({ state: 'released', released_by: by, released_verified, released_at: now })
      .where('payout_run', '=', run)
      .execute();
  }
  const verified = row.prepared_verified && approvals.every((one) => one.verified);
  return {
    count: agreed.count,
    totalIdr: agreed.total,
    approvals: approvals.length,
    needed,
    funded,
    asOf: row.as_of,
    verified,
  };
}

interface Sum {
  readonly count: number;
  /** Whole rupiah, as text. */
  readonly total: string;
}

async function stillPrepared(tx: Tx, run: string): Promise<Sum> {
  const { rows } = await sql<Sum>`
    select count(*)::int4 as count, coalesce(sum(amount_idr), 0)::text as total
    from instalments where payout_run = ${run} and state = 'prepared'`.execute(tx);
  return rows[0] as Sum;
}

/** Moves all of a run that are in one state; returns how many did, and what they come to. */
async function moveRun(tx: Tx, run: string, from: string, to: string, reason = ''): Promise<Sum> {
  const { rows } = await sql<Sum>`
    with moved as (
      update instalments set state = ${to}, reason = ${reason} where payout_run = ${run} and state = ${from} returning amount_idr)
    select count(*)::int4 as count, coalesce(sum(amount_idr), 0)::text as total from moved`.execute(tx);
  return rows[0] as Sum;
}

interface Approval {
  readonly by: string;
  readonly verified: boolean;
}

/** Adds one's own agreement to a run; returns all that count. */
async function approve(tx: Tx, run: string, own: Approval, now: Date): Promise<Approval[]> {
  const given = await tx.selectFrom('payout_approvals').select('by').where('payout_run', '=', run).execute();
  if (given.some(({ by }) => isSamePerson(by, own.by)))
    throw refuse(`${own.by} has agreed to run ${run} already; another person must`);
  await tx
    .insertInto('payout_approvals')
    .values({ payout_run: run, ...own, at: now })
    .execute();
  const { rows } = await sql<Approval>`
    select n.by, n.verified from payout_approvals n where n.payout_run = ${run} and ${COUNTS}`.execute(tx);
  return rows;
}

/** @throws exit 2 when the treasury has been funded, and not enough */
async function holdFunds(tx: Tx, run: string, totalIdr: string, held: boolean, now: Date): Promise<true | null> {
  // One run after the other: two must not be covered by the same money.
  await sql`select pg_advisory_xact_lock(hashtext('prakerja treasury'))`.execute(tx);
  const funded = await isFunded(tx);
  const left = await balanceOf(tx, 'treasury');
  if (funded && left < BigInt(totalIdr))
    throw refuse(
      `payout run ${run} needs ${formatRupiah(BigInt(totalIdr))} and the treasury holds ${formatRupiah(left)}: "prakerja payout fund" records what the state has paid in`,
    );
  const movement = { reference: ledgerReference(run), from: 'treasury', to: 'programme', amountIdr: totalIdr } as const;
  if (held && totalIdr !== '0') await postMovements(tx, [movement], now);
  return funded ? true : null;
}

/** A run that goes by file is `done` for the calls: no order of it is sent over them too. */
export async function wentByFile(db: Db | Tx, run: string): Promise<boolean> {
  const file = await db
    .selectFrom('payout_files')
    .select('payout_run')
    .where('payout_run', '=', run)
    .executeTakeFirst();
  return file !== undefined;
}

/** What a run is once it is stopped; another is `stopped`. */
const stoppedState: Readonly<Record<string, string>> = { prepared: 'cancelled', done: 'done' };

/**
 * Stops a run: what was not sent goes no further and is due again; what was sent stays to be resolved. A run that the
 * bank's refusal has stopped keeps its unsent instalments until a person does this. What may be at the bank and turns out
 * never to have arrived is not sent again, also of a run that was sent. Returns how many are due again.
 */
export async function stopRun(tx: Tx, run: string, by: string, now: Date): Promise<number> {
  const row = await lockRun(tx, run);
  const isSent = row.state === 'done' && (await openOfRun(tx, run)) > 0 && !(await wentByFile(tx, run));
  if (!isSent && !['prepared', 'released', 'stopped'].includes(row.state))
    throw refuse(`payout run ${run} is ${row.state}`);
  await tx
    .updateTable('payout_runs')
    .set({ state: stoppedState[row.state] ?? 'stopped', stopped_by: by })
    .where('payout_run', '=', run)
    .execute();
  await moveRun(tx, run, 'prepared', 'held', 'run_stopped');
  const { total } = await moveRun(tx, run, 'released', 'held', 'run_stopped');
  const given = { reference: ledgerReference(run), from: 'programme', to: 'treasury', amountIdr: total } as const;
  if (total !== '0') await postMovements(tx, [given], now);
  const { numAffectedRows } = await sql`
    update instalments set state = 'due', reason = '', payout_run = null where payout_run = ${run} and state = 'held' and reason = 'run_stopped'`.execute(
    tx,
  );
  const note = `${numAffectedRows} instalments are due again`;
  await audit(tx, { who: by, action: 'payout stop', subject: `run ${run}`, note });
  return Number(numAffectedRows);
}

/** How many of a run may be at the bank. */
export async function openOfRun(db: Db | Tx, run: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int4 as n from instalments where payout_run = ${run} and state in ('submitting', 'unknown')`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** A released run of which nothing is left to send is done. */
export async function finishRuns(db: Db): Promise<void> {
  await sql`
    update payout_runs r set state = 'done' where state = 'released' and not exists (
      select from instalments where payout_run = r.payout_run and state in ('released', 'submitting'))`.execute(db);
}
