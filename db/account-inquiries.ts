import { sql } from 'kysely';
import type { Chunk } from '../jobs/chunk.ts';
import type { BankWord } from '../jobs/payout-reasons.ts';
import { type Db, ON_DISK, type Tx } from './connection.ts';
import { BANK_SAID, type Destination, type PayeeAccount } from './orders.ts';
import { openPayoutChunks } from './payout.ts';
import { findRun } from './payout-runs.ts';

/** The account in force of every instalment of a run that is still to be sent: `i` with `a`, and what the bank `said` of it. */
function accountsOf(run: string, now: Date) {
  return sql`
    from instalments i cross join lateral (
      select a.*, ${BANK_SAID} as said from registrations o join accounts a on a.reg = o.reg
      where o.nik = i.nik and a.linked_at <= ${now} order by a.linked_at desc limit 1) a
    where i.payout_run = ${run} and i.state = 'released'`;
}

/** Opens the chunks that ask the bank about a released run's accounts, where it has said nothing yet. Returns how many instalments are concerned. */
export async function openInquiry(tx: Tx, run: string, now: Date): Promise<number> {
  // Whatever else the run is, `openSubmission` says so.
  if ((await findRun(tx, run)).state !== 'released') return 0;
  return openPayoutChunks(tx, `inquire:${run}`, sql`select i.instalment_id ${accountsOf(run, now)} and a.said is null`);
}

/** An account to ask about, and whose instalment it is for. */
export interface ToAsk extends PayeeAccount {
  readonly nik: string;
}

/** The accounts of a chunk's instalments of which the bank has said nothing, each once. */
export async function loadToAsk(db: Db, { lo, hi }: Chunk, run: string, now: Date): Promise<ToAsk[]> {
  const { rows } = await sql<ToAsk>`
    select distinct on (a.account_number, a.provider, a.channel, a.holder_name) i.nik, a.channel, a.provider,
      a.account_number as "accountNumber", a.holder_name as "holderName", a.holder_nik as "holderNik", a.kyc, a.status, a.said as "bankSaid"
    ${accountsOf(run, now)} and a.said is null and i.instalment_id between ${lo} and ${hi}`.execute(db);
  return rows;
}

/** Writes a try of each down before it is made; their numbers are the X-EXTERNAL-IDs, in the same order. */
export async function intendInquiries(db: Db, count: number, now: Date): Promise<string[]> {
  const { rows } = await sql<{ external_id: string }>`
    insert into bank_calls (kind, at) select 'inquiry', ${now}::timestamptz from generate_series(1, ${count}::int) cross join ${ON_DISK}
    returning external_id`.execute(db);
  return rows.map(({ external_id }) => external_id);
}

/** What came of one inquiry. */
export interface InquiryNews {
  readonly externalId: string;
  readonly account: Destination;
  readonly answer: string;
  /** null: nothing clear, and nothing is kept but the answer. */
  readonly said: BankWord | null;
}

/** Keeps the bank's answers as they come; what it says last of an account counts. */
export async function keepInquiries(db: Db, news: readonly InquiryNews[], now: Date): Promise<void> {
  // In one order in every process: two that learn of the same accounts must not wait for each other.
  const said = news
    .filter((n) => n.said !== null)
    .sort((a, b) => (a.account.accountNumber < b.account.accountNumber ? -1 : 1));
  const column = <K extends keyof Destination>(key: K) => said.map(({ account }) => account[key]);
  await db.transaction().execute(async (tx) => {
    await sql`
      update bank_calls c set answer = n.answer, answered_at = clock_timestamp()
      from unnest(${news.map((n) => n.externalId)}::bigint[], ${news.map((n) => n.answer)}::text[]) as n (external_id, answer)
      where c.external_id = n.external_id`.execute(tx);
    await sql`
      insert into account_inquiries (channel, provider, account_number, holder_name, said, response_code, asked_at)
      select *, ${now}::timestamptz from unnest(${column('channel')}::text[], ${column('provider')}::text[], ${column('accountNumber')}::text[],
        ${column('holderName')}::text[], ${said.map((n) => n.said)}::text[], ${said.map((n) => n.answer)}::text[])
      on conflict (account_number, provider, channel, holder_name) do update
        set said = excluded.said, response_code = excluded.response_code, asked_at = excluded.asked_at`.execute(tx);
  });
}

/** What the bank has said of the accounts of a run that is about to be sent. */
export interface AccountCounts {
  readonly confirmed: number;
  /** Another's, unknown, or not active: their instalments will be held. */
  readonly wrong: number;
  readonly unanswered: number;
}

/** Each account once, however many instalments go to it. */
export async function accountCounts(db: Db, run: string, now: Date): Promise<AccountCounts> {
  const { rows } = await sql<AccountCounts>`
    select count(*) filter (where said = 'confirmed')::int4 as confirmed, count(*) filter (where said <> 'confirmed')::int4 as wrong,
      count(*) filter (where said is null)::int4 as unanswered
    from (select distinct a.account_number, a.provider, a.channel, a.holder_name, a.said ${accountsOf(run, now)}) accounts`.execute(
    db,
  );
  return rows[0] as AccountCounts;
}
