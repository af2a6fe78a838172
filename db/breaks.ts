import { type RawBuilder, sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import { audit } from './audit.ts';
import type { Db, Tx } from './connection.ts';
import { deniedGaps, filledGaps } from './statement-chain.ts';

export interface OpenBreak {
  readonly break_id: string;
  readonly type: string;
  /** Of the order; else what a line about many orders is under. */
  readonly reference: string | null;
  /** Whole rupiah, as text. */
  readonly amount_idr: string | null;
  /** The bank's number of the statement, and its days. */
  readonly statement: string | null;
  readonly statement_id: string | null;
  readonly statement_line: string | null;
  readonly age_days: number;
  readonly assigned_to: string | null;
  /** It was missing on a statement (`missing_in_bank`), and one has shown it since: the debit, or that it came back. */
  readonly shown_since: boolean;
}

export interface BreakFilter {
  readonly type?: string | undefined;
  readonly assignedTo?: string | undefined;
  /** The WIB date to which the age counts. */
  readonly today: string;
  readonly limit: number;
}

/** Of break `b`: what was missing is on a statement; of what came back by the bank's word that is the return. */
const SHOWN_SINCE = sql`(b.type = 'missing_in_bank' and case when b.key like 'returned:%' then
  exists (select from statement_lines m where m.reference = b.reference and m.direction = 'credit')
  else exists (select from statement_lines m where m.reference = b.reference and m.direction = 'debit')
    or exists (select from payment_orders o where o.reference = b.reference and o.in_bulk_idr > 0) end)`;

/** Open breaks, the oldest first. */
export async function readOpenBreaks(db: Db, { type, assignedTo, today, limit }: BreakFilter): Promise<OpenBreak[]> {
  const { rows } = await sql<OpenBreak>`
    select b.break_id, b.type, coalesce(b.reference, l.bulk_id) as reference, b.amount_idr,
      case when b.statement_id is not null then concat_ws(' ', case when s.bank_statement_id <> s.sha256 then s.bank_statement_id end,
        'of', s.from_date, case when s.to_date <> s.from_date then 'to' end, nullif(s.to_date, s.from_date)) end as statement,
      b.statement_id, b.statement_line, greatest(0, ${today}::date - b.opened_on) as age_days, b.assigned_to, ${SHOWN_SINCE} as shown_since
    from breaks b left join statements s using (statement_id)
    left join statement_lines l on (l.statement_id, l.line) = (b.statement_id, b.statement_line)
    where b.state = 'open' and (${type ?? null}::text is null or b.type = ${type ?? null})
      and (${assignedTo ?? null}::text is null or b.assigned_to = ${assignedTo ?? null})
    order by b.opened_on, b.break_id limit ${limit}`.execute(db);
  return rows;
}

/** @throws exit 2 when there is no such open break */
export async function assignBreak(tx: Tx, id: string, to: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('breaks')
    .set({ assigned_to: to })
    .where('break_id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (!numUpdatedRows) throw refuse(`no open break has the number ${id}`);
}

export interface NewBreak {
  readonly type: string;
  /** What it is about: the same statement twice opens nothing twice. */
  readonly key: string;
  readonly reference: string | null;
  readonly amountIdr: string | null;
  readonly statementId: string | null;
  readonly line: string | null;
}

/** Opens breaks; one that is known stays as it is. */
export async function openBreaks(tx: Tx, breaks: readonly NewBreak[], openedOn: string): Promise<void> {
  if (breaks.length === 0) return;
  const column = <K extends keyof NewBreak>(key: K) => breaks.map((one) => one[key]);
  await sql`
    insert into breaks (type, key, reference, amount_idr, statement_id, statement_line, opened_on)
    select *, ${openedOn}::date from unnest(${column('type')}::text[], ${column('key')}::text[], ${column('reference')}::text[],
      ${column('amountIdr')}::bigint[], ${column('statementId')}::bigint[], ${column('line')}::bigint[])
    on conflict (type, key) do nothing`.execute(tx);
}

/** Who closes a gap that is none any more, and who opens again what was closed. */
const [RECONCILE, THE_BANK] = ['reconcile', 'the bank'];

/** The same of what the bank says now, which is news: what a person has closed about what was known then is open again. */
export async function openOrReopen(tx: Tx, breaks: readonly NewBreak[], openedOn: string): Promise<void> {
  if (breaks.length === 0) return;
  const known = sql`(b.type, b.key) in (
    select * from unnest(${breaks.map(({ type }) => type)}::text[], ${breaks.map(({ key }) => key)}::text[]))`;
  for (const id of await reopen(tx, known, openedOn))
    await told(tx, THE_BANK, 'break reopen', id, 'the bank says it again');
  await openBreaks(tx, breaks, openedOn);
}

/** Who came back is to be looked at again: since then a debit of what went with them was read, which may have been of them. */
export async function reopenReturned(tx: Tx, references: readonly string[], openedOn: string): Promise<void> {
  const returned = sql`b.type = 'returned' and b.reference = any(${references}::text[])`;
  for (const id of await reopen(tx, returned, openedOn))
    await told(tx, RECONCILE, 'break reopen', id, 'a debit of what went with it was read since');
}

async function reopen(tx: Tx, which: RawBuilder<unknown>, openedOn: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update breaks b set state = 'open', resolved_by = null, note = null, resolved_at = null, opened_on = ${openedOn}
    where ${which} and b.state <> 'open' returning b.break_id as id`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Closes a break by a person's word; the ledger and the instalment stay as they are. @throws exit 2 when it is not open */
export async function resolveBreak(tx: Tx, id: string, by: string, note: string, now: Date): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('breaks')
    .set({ state: 'resolved', resolved_by: by, note, resolved_at: now })
    .where('break_id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (!numUpdatedRows) throw refuse(`no open break has the number ${id}`);
}

/**
 * Closes the gaps that these statements fill: only where the balances meet, to the sen. Every other break waits for a
 * person. What was closed so opens again when one of them denies it.
 */
export async function settleGaps(tx: Tx, statementIds: readonly string[], now: Date): Promise<void> {
  for (const { breakId, statementId } of await filledGaps(tx, statementIds)) {
    await resolveBreak(tx, breakId, RECONCILE, `statement ${statementId} came, and closes where this one begins`, now);
    await told(tx, RECONCILE, 'break resolve', breakId, `statement ${statementId} fills the gap`);
  }
  for (const { breakId, statementId } of await deniedGaps(tx, statementIds, RECONCILE)) {
    const open = { state: 'open', resolved_by: null, note: null, resolved_at: null };
    await tx.updateTable('breaks').set(open).where('break_id', '=', breakId).execute();
    await told(tx, RECONCILE, 'break reopen', breakId, `statement ${statementId} ends with another balance`);
  }
}

function told(tx: Tx, who: string, action: string, breakId: string, note: string): Promise<void> {
  return audit(tx, { who, action, subject: `break ${breakId}`, note });
}
