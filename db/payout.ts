import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import type { BankWord } from '../jobs/payout-reasons.ts';
import { stageSettings } from '../jobs/stages.ts';
import { wibDate } from '../jobs/time.ts';
import type { Db, Tx } from './connection.ts';
import { mayBeAskedAbout, TO_BE_ASKED } from './doubt.ts';
import { moveInstalments } from './instalments.ts';
import { CONTRADICTED, MONEY_OUT } from './money-out.ts';
import { accountCorrected, BANK_SAID } from './orders.ts';
import { ON_HOLD } from './payment-holds.ts';
import { lockRun, wentByFile } from './payout-runs.ts';
import { refusedForUs } from './payout-sent.ts';
import { currentRun } from './run.ts';
import { type EventRow, firstOrderedDueOn, trainingOf } from './training.ts';

export interface ParticipantRow {
  readonly nik: string;
  readonly reg: string;
  readonly batch: number;
  readonly revoked: boolean;
  readonly onHold: boolean;
  /** Something that was due is held, or was not taken by a run, and was never ordered. */
  readonly waiting: boolean;
  /** WIB date on which incentive 1 was due when it was ordered; null: it was not yet. */
  readonly firstOrderedDueOn: string | null;
  readonly policyId: number;
  readonly events: readonly EventRow[];
  readonly accounts: {
    linkedAt: string;
    channel: 'bank' | 'ewallet';
    accountNumber: string;
    holderNik: string;
    kyc: boolean;
    status: 'active' | 'inactive' | 'closed';
    bankSaid: BankWord | null;
  }[];
}

/** Participants after a NIK, in order, with what was known by `now` of their training and accounts. */
export async function participantsAfter(tx: Tx, nik: string, now: Date, limit: number): Promise<ParticipantRow[]> {
  const { rows } = await sql<ParticipantRow>`
    select p.nik, p.reg, p.batch, p.state = 'revoked' as revoked, ${ON_HOLD} as "onHold", b.policy_id as "policyId",
      ${firstOrderedDueOn('p')} as "firstOrderedDueOn",
      exists (select from instalments i where (i.nik, i.batch, i.order_number) = (p.nik, p.batch, 0) and i.state in ('due', 'held')) as waiting,
      ${trainingOf('p', now)} as events,
      coalesce((select json_agg(json_build_object('linkedAt', a.linked_at, 'channel', a.channel, 'accountNumber', a.account_number, 'holderNik', a.holder_nik, 'kyc', a.kyc, 'status', a.status, 'bankSaid', ${BANK_SAID}))
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

/** An instalment that is due on a later day, or on no day as far as is known (null), and why. */
export interface NotDueRow extends Pick<DueRow, 'nik' | 'batch' | 'kind' | 'number' | 'reason'> {
  readonly dueOn: string | null;
}

/**
 * Stores what is due: new instalments, held ones whose reason is over (`passing`, or a list that they are not on any
 * more), those whose money was refused or came back and whose account has been corrected since, and those that were
 * refused for a fault of ours, become `due`, unless a statement says that it did not come back; those that cannot be paid
 * are `held` with the reason. What a person held stays held. Paying again is a new order, which a second person releases.
 *
 * Adds what can be paid now to the temp table `payable_now`, which a run is made of.
 * @param rows of a range of NIKs, in their order
 */
export async function storeDue(
  tx: Tx,
  rows: readonly DueRow[],
  { passing, ourFaults }: { readonly passing: readonly string[]; readonly ourFaults: readonly string[] },
  now: Date,
): Promise<void> {
  await sql`
    create temp table if not exists due_now (nik bigint, reg bigint, batch int, kind text, number int, amount_idr bigint, due_on date, reason text)
    on commit delete rows`.execute(tx);
  await sql`create temp table if not exists payable_now (instalment_id bigint primary key) on commit delete rows`.execute(
    tx,
  );
  const [first, last] = [rows[0]?.nik, rows.at(-1)?.nik];
  if (first === undefined || last === undefined) return;
  // Emptied, not deleted from: dead rows of all pages before would be read at each page.
  await sql`truncate due_now`.execute(tx);
  await sql`
    insert into due_now select * from unnest(${rows.map((r) => r.nik)}::bigint[], ${rows.map((r) => r.reg)}::bigint[],
      ${rows.map((r) => r.batch)}::int[], ${rows.map((r) => r.kind)}::text[], ${rows.map((r) => r.number)}::int[],
      ${rows.map((r) => String(r.amountIdr))}::bigint[], ${rows.map((r) => r.dueOn)}::date[], ${rows.map((r) => r.reason)}::text[])`.execute(
    tx,
  );
  // The range says that a page is a page: without it the planner reads all instalments for each (0022).
  const theirs = sql`(i.nik, i.batch, i.kind, i.number) = (d.nik, d.batch, d.kind, d.number)
    and i.nik between ${first}::bigint and ${last}::bigint`;
  await sql`
    insert into instalments as i (nik, reg, batch, kind, number, amount_idr, due_on)
    select nik, reg, batch, kind, number, amount_idr, due_on from due_now order by nik, kind, number
    on conflict (nik, batch, kind, number) do update set due_on = excluded.due_on
      where i.order_number = 0 and i.state in ('due', 'held') and i.due_on <> excluded.due_on`.execute(tx);
  const { rows: corrected } = await sql<{ id: string }>`
    select i.instalment_id as id from due_now d join instalments i on ${theirs}
    join payment_orders o on (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number)
    where i.state in ('rejected', 'returned') and d.reason = ''
      and (${accountCorrected(now)} or ${refusedForUs(ourFaults)})
      and not ${MONEY_OUT} and not ${CONTRADICTED}`.execute(tx);
  const again = corrected.map(({ id }) => ({ instalmentId: id, to: 'held', reason: 'account_corrected' }));
  await moveInstalments(tx, ['rejected', 'returned'], again, now);
  await sql`
    update instalments i set state = 'due', reason = '' from due_now d
    where ${theirs} and i.state = 'held' and d.reason = '' and (i.reason = any(${passing}) or ${isListedNoMore(now)})`.execute(
    tx,
  );
  await sql`
    insert into payable_now select i.instalment_id from due_now d join instalments i on ${theirs} where d.reason = ''`.execute(
    tx,
  );
  await sql`
    update instalments i set state = 'held', reason = d.reason from due_now d
    where ${theirs} and i.state = 'due' and d.reason <> ''`.execute(tx);
}

/** Of instalment `i`, which was never ordered: a list held it, and they are not on that list any more. */
function isListedNoMore(now: Date) {
  const today = wibDate(now);
  return sql`(i.order_number = 0 and i.reason like 'excluded\\_%' and not exists (
    select from exclusions_known x where x.nik = i.nik and 'excluded_' || x.list = i.reason
      and ${today}::date >= x.valid_from and (x.valid_to is null or ${today}::date <= x.valid_to)))`;
}

/**
 * Instalments that were due, and are not by now: their account came in order after the training was done, and they wait for
 * a later day; or their training was corrected, and they are held with the reason.
 * @param passing reasons that end by themselves
 */
export async function storeNotDue(tx: Tx, rows: readonly NotDueRow[], passing: readonly string[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    update instalments i set state = d.state, reason = d.reason, due_on = coalesce(d.due_on, i.due_on)
    from (select *, case when reason = '' then 'due' else 'held' end as state
      from unnest(${rows.map((r) => r.nik)}::bigint[], ${rows.map((r) => r.batch)}::int[], ${rows.map((r) => r.kind)}::text[],
        ${rows.map((r) => r.number)}::int[], ${rows.map((r) => r.dueOn)}::date[], ${rows.map((r) => r.reason)}::text[])
        as d (nik, batch, kind, number, due_on, reason)) d
    where (i.nik, i.batch, i.kind, i.number) = (d.nik, d.batch, d.kind, d.number) and i.order_number = 0
      and (i.state = 'due' or (i.state = 'held' and i.reason = any(${passing})))
      and (i.state, i.reason, i.due_on) is distinct from (d.state, d.reason, coalesce(d.due_on, i.due_on))`.execute(tx);
}

/** Opens the chunks that send a released run. Instalments that a dead worker left in `submitting` belong to them too. Of a run that was sent there are none. */
export async function openSubmission(tx: Tx, run: string): Promise<number> {
  const row = await lockRun(tx, run);
  if (row.state === 'done' && !(await wentByFile(tx, run))) return 0;
  if (row.state !== 'released')
    throw refuse(`payout run ${run} is ${row.state}; it must be released, and not stopped, to be sent`);
  return openPayoutChunks(
    tx,
    `submit:${run}`,
    sql`select instalment_id from instalments where payout_run = ${run} and state in ('released', 'submitting')`,
  );
}

/**
 * Opens the chunks that ask the bank about what is unknown, what it took and no statement shows, and about what a dead worker left in `submitting`. Returns how
 * many are concerned; those that the policy has wait some minutes are not.
 */
export async function openResolution(tx: Tx, now: Date): Promise<number> {
  await sql`
    update instalments i set state = 'unknown', reason = 'no_answer' where state = 'submitting' and not exists (
      select from chunks c where c.stage = 'payout' and c.state in ('ready', 'running') and i.instalment_id between c.lo and c.hi)`.execute(
    tx,
  );
  return openPayoutChunks(
    tx,
    'resolve',
    sql`
      select i.instalment_id from instalments i join payment_orders o on (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number)
      where ${TO_BE_ASKED} and ${mayBeAskedAbout(now)}`,
  );
}

/** How many unknown orders were sent less than their policy's minutes ago. */
export async function tooEarlyToAsk(db: Db, now: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int4 as n from instalments i join payment_orders o on (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number)
    where i.state = 'unknown' and not ${mayBeAskedAbout(now)}`.execute(db);
  return rows[0]?.n ?? 0;
}

/** One open set of chunks per subject: what is open already is left to work. Returns how many instalments are concerned. */
export async function openPayoutChunks(tx: Tx, subject: string, ids: ReturnType<typeof sql>): Promise<number> {
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

/** Instalments by state and kind. */
export async function payoutCounts(db: Db): Promise<{ state: string; kind: string; n: number; total_idr: string }[]> {
  const { rows } = await sql<{ state: string; kind: string; n: number; total_idr: string }>`
    select state, kind, count(*)::int4 as n, sum(amount_idr)::text as total_idr from instalments group by 1, 2 order by 1, 2`.execute(
    db,
  );
  return rows;
}
