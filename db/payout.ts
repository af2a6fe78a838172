import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import { stageSettings } from '../jobs/stages.ts';
import { audit } from './audit.ts';
import type { Db, Tx } from './connection.ts';
import { moveInstalments } from './instalments.ts';
import { currentRun } from './run.ts';

export interface ParticipantRow {
  readonly nik: string;
  readonly reg: string;
  readonly batch: number;
  readonly revoked: boolean;
  readonly policyId: number;
  readonly events: { event: string; trainingId: string; at: string }[];
  readonly accounts: {
    linkedAt: string;
    channel: 'bank' | 'ewallet';
    holderNik: string;
    kyc: boolean;
    status: 'active' | 'inactive' | 'closed';
  }[];
}

/** Participants after a NIK, in order, with what was known by `now` of their training and accounts. */
export async function participantsAfter(tx: Tx, nik: string, now: Date, limit: number): Promise<ParticipantRow[]> {
  const { rows } = await sql<ParticipantRow>`
    select p.nik, p.reg, p.batch, p.state = 'revoked' as revoked, b.policy_id as "policyId",
      coalesce((select json_agg(json_build_object('event', t.event, 'trainingId', t.training_id, 'at', t.at))
        from registrations r join training t on t.reg = r.reg where r.nik = p.nik and t.batch = p.batch and t.at <= ${now}), '[]') as events,
      coalesce((select json_agg(json_build_object('linkedAt', a.linked_at, 'channel', a.channel, 'holderNik', a.holder_nik, 'kyc', a.kyc, 'status', a.status))
        from registrations r join accounts a on a.reg = r.reg where r.nik = p.nik and a.linked_at <= ${now}), '[]') as accounts
    from participants p join batches b on b.batch = p.batch
    where p.nik > ${nik} order by p.nik limit ${limit}`.execute(tx);
  return rows;
}

/** An instalment that is due by now, with the reason why it cannot be paid, or ''. */
export interface DueRow {
  readonly nik: string;
  readonly reg: string;
  readonly batch: number;
  readonly kind: 'incentive' | 'survey';
  readonly number: number;
  readonly amountIdr: bigint;
  readonly dueOn: string;
  readonly reason: string;
}

/**
 * Stores what is due: new instalments, and held ones whose account is in order by now, become `due`; those that cannot
 * be paid are `held` with the reason. What a person held stays held.
 */
export async function storeDue(tx: Tx, rows: readonly DueRow[], accountReasons: readonly string[]): Promise<void> {
  await sql`
    create temp table if not exists due_now (nik bigint, reg bigint, batch int, kind text, number int, amount_idr bigint, due_on date, reason text)
    on commit delete rows`.execute(tx);
  await sql`delete from due_now`.execute(tx);
  await sql`
    insert into due_now select * from unnest(${rows.map((r) => r.nik)}::bigint[], ${rows.map((r) => r.reg)}::bigint[],
      ${rows.map((r) => r.batch)}::int[], ${rows.map((r) => r.kind)}::text[], ${rows.map((r) => r.number)}::int[],
      ${rows.map((r) => String(r.amountIdr))}::bigint[], ${rows.map((r) => r.dueOn)}::date[], ${rows.map((r) => r.reason)}::text[])`.execute(
    tx,
  );
  await sql`
    insert into instalments (nik, reg, batch, kind, number, amount_idr, due_on)
    select nik, reg, batch, kind, number, amount_idr, due_on from due_now order by nik, kind, number
    on conflict (nik, batch, kind, number) do nothing`.execute(tx);
  await sql`
    update instalments i set state = 'due', reason = '' from due_now d
    where (i.nik, i.batch, i.kind, i.number) = (d.nik, d.batch, d.kind, d.number)
      and i.state = 'held' and i.reason = any(${accountReasons}) and d.reason = ''`.execute(tx);
  await sql`
    update instalments i set state = 'held', reason = d.reason from due_now d
    where (i.nik, i.batch, i.kind, i.number) = (d.nik, d.batch, d.kind, d.number) and i.state = 'due' and d.reason <> ''`.execute(
    tx,
  );
}

/** Makes a run of everything `due`, with its declared count and total. Undefined: nothing is due. */
export async function prepareRun(
  tx: Tx,
  asOf: string,
  by: string,
): Promise<{ run: string; count: number; totalIdr: string } | undefined> {
  const { rows } = await sql<{ count: number; total: string }>`
    select count(*)::int4 as count, coalesce(sum(amount_idr), 0)::text as total
    from (select amount_idr from instalments where state = 'due' and due_on <= ${asOf} for update) d`.execute(tx);
  const { count, total } = rows[0] as (typeof rows)[number];
  if (count === 0) return undefined;
  const made = await tx
    .insertInto('payout_runs')
    .values({
      as_of: asOf,
      declared_count: count,
      declared_total_idr: total,
      prepared_by: by,
      prepared_verified: false,
    })
    .returning('payout_run')
    .executeTakeFirstOrThrow();
  await sql`
    update instalments set state = 'prepared', payout_run = ${made.payout_run} where state = 'due' and due_on <= ${asOf}`.execute(
    tx,
  );
  await audit(tx, {
    who: by,
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

/** Releases a prepared run: not by who prepared it, and only if it is still what was declared. */
export async function releaseRun(
  tx: Tx,
  run: string,
  by: string,
  now: Date,
): Promise<{ count: number; totalIdr: string }> {
  await sql`select 1 from payout_runs where payout_run = ${run} for update`.execute(tx);
  const row = await findRun(tx, run);
  if (row.state !== 'prepared') throw refuse(`payout run ${run} is ${row.state}; only a prepared run can be released`);
  if (row.prepared_by === by) throw refuse(`${by} prepared run ${run}; another person must release it`);
  const { rows } = await sql<{ count: number; total: string }>`
    with released as (update instalments set state = 'released' where payout_run = ${run} and state = 'prepared' returning amount_idr)
    select count(*)::int4 as count, coalesce(sum(amount_idr), 0)::text as total from released`.execute(tx);
  const { count, total } = rows[0] as (typeof rows)[number];
  if (count > Number(row.declared_count) || BigInt(total) > BigInt(row.declared_total_idr)) {
    throw refuse(
      `payout run ${run} holds more than the ${row.declared_count} instalments and ${row.declared_total_idr} rupiah that were declared`,
    );
  }
  await tx
    .updateTable('payout_runs')
    .set({ state: 'released', released_by: by, released_verified: false, released_at: now })
    .where('payout_run', '=', run)
    .execute();
  await audit(tx, {
    who: by,
    action: 'payout release',
    subject: `run ${run}`,
    note: `${count} instalments, ${total} rupiah`,
  });
  return { count, totalIdr: total };
}

/** Opens the chunks that send a released run. Instalments that a dead worker left in `submitting` belong to them too. */
export async function openSubmission(tx: Tx, run: string): Promise<number> {
  await sql`select 1 from payout_runs where payout_run = ${run} for update`.execute(tx);
  const row = await findRun(tx, run);
  if (row.state !== 'released')
    throw refuse(`payout run ${run} is ${row.state}; it must be released, and not stopped, to be sent`);
  return openPayoutChunks(
    tx,
    `submit:${run}`,
    sql`select instalment_id from instalments where payout_run = ${run} and state in ('released', 'submitting')`,
  );
}

/** Opens the chunks that ask the bank about everything unknown, and about what a dead worker left in `submitting`. */
export async function openResolution(tx: Tx): Promise<number> {
  await sql`
    update instalments i set state = 'unknown', reason = 'no_answer' where state = 'submitting' and not exists (
      select from chunks c where c.stage = 'payout' and c.state in ('ready', 'running') and i.instalment_id between c.lo and c.hi)`.execute(
    tx,
  );
  return openPayoutChunks(tx, 'resolve', sql`select instalment_id from instalments where state = 'unknown'`);
}

/** One open set of chunks per subject: what is open already is left to work. Returns how many instalments are concerned. */
async function openPayoutChunks(tx: Tx, subject: string, ids: ReturnType<typeof sql>): Promise<number> {
  const runId = await currentRun(tx);
  const open =
    await sql`select 1 from chunks where stage = 'payout' and subject = ${subject} and state in ('ready', 'running') limit 1`.execute(
      tx,
    );
  const { rows } = await sql<{ n: number }>`select count(*)::int4 as n from (${ids}) q`.execute(tx);
  if (open.rows.length === 0) {
    await sql`update chunks set state = 'cancelled' where stage = 'payout' and subject = ${subject} and state = 'failed'`.execute(
      tx,
    );
    await sql`
      insert into chunks (run_id, stage, lo, hi, subject)
      select ${runId}::bigint, 'payout', min(instalment_id), max(instalment_id), ${subject}::text
      from (select instalment_id, (row_number() over (order by instalment_id) - 1) / ${stageSettings.payout.chunk_rows_max} as part from (${ids}) q) p
      group by part order by 1`.execute(tx);
  }
  return rows[0]?.n ?? 0;
}

/**
 * Stops a run: what was not sent goes no further and is due again; what was sent stays to be resolved. A run that the
 * bank's refusal has stopped keeps its unsent instalments until a person does this. Returns how many are due again.
 */
export async function stopRun(tx: Tx, run: string): Promise<number> {
  await sql`select 1 from payout_runs where payout_run = ${run} for update`.execute(tx);
  const row = await findRun(tx, run);
  if (!['prepared', 'released', 'stopped'].includes(row.state)) throw refuse(`payout run ${run} is ${row.state}`);
  await tx
    .updateTable('payout_runs')
    .set({ state: row.state === 'prepared' ? 'cancelled' : 'stopped' })
    .where('payout_run', '=', run)
    .execute();
  await sql`update instalments set state = 'held', reason = 'run_stopped' where payout_run = ${run} and state in ('prepared', 'released')`.execute(
    tx,
  );
  const { numAffectedRows } = await sql`
    update instalments set state = 'due', reason = '', payout_run = null where payout_run = ${run} and state = 'held' and reason = 'run_stopped'`.execute(
    tx,
  );
  await audit(tx, {
    who: 'cli',
    action: 'payout stop',
    subject: `run ${run}`,
    note: `${numAffectedRows} instalments are due again`,
  });
  return Number(numAffectedRows);
}

/** Holds one person's instalments that are certainly not at the bank. Returns how many. */
export async function holdPerson(tx: Tx, registrationId: string, by: string, note: string, now: Date): Promise<number> {
  const { rows } = await sql<{ id: string; state: string }>`
    select i.instalment_id as id, i.state from instalments i join registrations r on r.reg = i.reg
    where r.registration_id = ${registrationId}`.execute(tx);
  if (rows.length === 0) throw refuse('no instalments of this registration are known');
  const moves = rows.map(({ id }) => ({ instalmentId: id, to: 'held', reason: 'held_by_operator' }));
  const held = await moveInstalments(tx, ['due', 'prepared', 'released', 'rejected', 'returned'], moves, now);
  await audit(tx, { who: by, action: 'payout hold', subject: registrationId, note });
  return held.size;
}

/** Lets go what a person or a list held, once the cause is gone: due again, and screened again before it is paid. Returns how many. */
export async function releaseHold(tx: Tx, registrationId: string, by: string, note: string): Promise<number> {
  const { numAffectedRows } = await sql`
    update instalments i set state = 'due', reason = '', payout_run = null from registrations r
    where r.reg = i.reg and r.registration_id = ${registrationId} and i.state = 'held'`.execute(tx);
  if (!numAffectedRows) throw refuse('no instalment of this registration is held');
  await audit(tx, { who: by, action: 'payout unhold', subject: registrationId, note });
  return Number(numAffectedRows);
}

/** Instalments by state and kind. */
export async function payoutCounts(db: Db): Promise<{ state: string; kind: string; n: number; total_idr: string }[]> {
  const { rows } = await sql<{ state: string; kind: string; n: number; total_idr: string }>`
    select state, kind, count(*)::int4 as n, sum(amount_idr)::text as total_idr from instalments group by 1, 2 order by 1, 2`.execute(
    db,
  );
  return rows;
}

/** A released run of which nothing is left to send is done. */
export async function finishRuns(db: Db): Promise<void> {
  await sql`
    update payout_runs r set state = 'done' where state = 'released' and not exists (
      select from instalments where payout_run = r.payout_run and state in ('released', 'submitting'))`.execute(db);
}
