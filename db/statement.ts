import { sql } from 'kysely';
import { OUR_BULK } from './bulk.ts';
import type { Db, Tx } from './connection.ts';
import { moveInstalments } from './instalments.ts';
import { BOOKED, IN_BULK, MISDIRECTED, SIGNED, STILL_DEBITED, settledBy } from './money-out.ts';
import { firstSpelling } from './paying-accounts.ts';
import { stagedFacts, storeLines } from './statement-lines.ts';

export interface NewStatement {
  readonly sha256: string;
  /** A file may hold several; 1, 2, … */
  readonly part: number;
  readonly format: string;
  readonly account: string;
  readonly bankStatementId: string;
  readonly from: string;
  readonly to: string;
  readonly opening: string | null;
  readonly closing: string | null;
  readonly lines: number;
  /** Movements that the bank has not booked yet: no lines. */
  readonly notBooked: number;
  /** The office's time: a statement proves nothing about what was sent after it. */
  readonly receivedAt: Date;
  /** When the bank made it; null: it does not say. What is later than `receivedAt` is by another clock, and counts as null. */
  readonly madeAt: Date | null;
}

/** A line as a reader gives it; `unreadable` says why it could not be read. */
export interface NewLine {
  readonly line: number;
  readonly bookedOn: string | null;
  readonly amountIdr: string | null;
  readonly direction: string | null;
  readonly reference: string | null;
  readonly bulkId: string | null;
  readonly name: string | null;
  readonly account: string | null;
  readonly bankReference: string | null;
  readonly returnReason: string | null;
  readonly unreadable: string | null;
  readonly notOurs: boolean;
}

/** Whether this very file was taken before. */
export async function isKnownFile(db: Db | Tx, sha256: string): Promise<boolean> {
  const row = await db
    .selectFrom('statements')
    .select('statement_id')
    .where('sha256', '=', sha256)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Lines wait here until their statement turned out whole; a refused one leaves nothing behind. */
export async function stageLines(tx: Tx, lines: readonly NewLine[]): Promise<void> {
  await sql`
    create temp table if not exists staged_lines (line bigint, booked_on date, amount_idr bigint, direction text, reference text,
      bulk_id text, counterparty_name text, counterparty_account text, bank_reference text, return_reason text, unreadable text, not_ours boolean) on commit drop`.execute(
    tx,
  );
  const column = <K extends keyof NewLine>(key: K) => lines.map((line) => line[key]);
  await sql`
    insert into staged_lines select * from unnest(${column('line')}::bigint[], ${column('bookedOn')}::date[], ${column('amountIdr')}::bigint[],
      ${column('direction')}::text[], ${column('reference')}::text[], ${column('bulkId')}::text[], ${column('name')}::text[],
      ${column('account')}::text[], ${column('bankReference')}::text[], ${column('returnReason')}::text[], ${column('unreadable')}::text[],
      ${column('notOurs')}::boolean[])`.execute(tx);
}

/**
 * Takes one whole statement with its staged lines; returns its number. Undefined: the same statement is there, with the
 * same days, balances and lines (a bank stamps each download with its time, and some with a new number); it is only kept
 * when it was given again. Within one file only what also has the same number is the same, and of
 * notifications only what was made at the same time too: a day has many.
 */
export async function storeStatement(tx: Tx, statement: NewStatement): Promise<string | undefined> {
  const { sha256, part, format, bankStatementId, from, to, opening, closing, lines, notBooked, receivedAt } = statement;
  const account = await firstSpelling(tx, statement.account);
  const madeAt = statement.madeAt !== null && statement.madeAt < receivedAt ? statement.madeAt : null;
  const nothing = { linesHash: '0', reached: null };
  const facts = lines > 0 ? await stagedFacts(tx, closing === null ? opening : null) : nothing;
  const same = await sql`
    update statements set again_at = greatest(again_at, ${receivedAt}), not_booked = ${notBooked},
      made_at = nullif(greatest(coalesce(made_at, again_at, received_at), ${madeAt ?? receivedAt}), ${receivedAt})
    where account = ${account} and (sha256 <> ${sha256} or bank_statement_id = ${bankStatementId})
      and (from_date, to_date, lines, lines_hash) = (${from}::date, ${to}::date, ${lines}::bigint, ${facts.linesHash}::numeric)
      and (opening, closing) is not distinct from (${opening}::text, ${closing}::text)
      and (${format !== 'camt054'} or (bank_statement_id = ${bankStatementId} and made_at is not distinct from ${madeAt}::timestamptz))`.execute(
    tx,
  );
  if (same.numAffectedRows) {
    if (lines > 0) await sql`truncate staged_lines`.execute(tx);
    return undefined;
  }
  const { statement_id } = await tx
    .insertInto('statements')
    .values({
      sha256,
      part,
      format,
      account,
      bank_statement_id: bankStatementId,
      from_date: from,
      to_date: to,
      opening,
      closing,
      lines,
      lines_hash: facts.linesHash,
      reached: facts.reached,
      not_booked: notBooked,
      received_at: receivedAt,
      made_at: madeAt,
    })
    .returning('statement_id')
    .executeTakeFirstOrThrow();
  if (lines > 0) await storeLines(tx, statement_id);
  return statement_id;
}

/** A line with the order of its reference, as the rules judge it. */
export interface MatchedLine {
  readonly line: string;
  readonly bookedOn: string | null;
  readonly amountIdr: string | null;
  readonly direction: 'debit' | 'credit' | null;
  readonly reference: string | null;
  readonly bulkId: string | null;
  readonly name: string | null;
  readonly account: string | null;
  readonly bankReference: string | null;
  readonly returnReason: string | null;
  readonly unreadable: string | null;
  /** Money that came in without naming anything of ours, as much as an instalment is. */
  readonly isInstalmentSum: boolean;
  readonly order: {
    readonly instalmentId: string;
    readonly current: boolean;
    readonly amountIdr: string;
    readonly channel: 'bank' | 'ewallet';
    readonly accountNumber: string;
    readonly holderName: string;
    readonly state: string;
    readonly submittedOn: string | null;
    readonly debited: boolean;
    /** Whole rupiah of all its lines on statements, debits less credits; a bulk that has it too counts. */
    readonly stillDebitedIdr: string;
    /** A debit of it went to somebody else, and nobody has looked at it yet. */
    readonly misdirected: boolean;
    /** The reason that a line which gave it back has. */
    readonly returnedFor: string | null;
    /** The ledger has booked it paid at some time: an order that was made anew since may have been. */
    readonly booked: boolean;
  } | null;
}

/**
 * Lines of a statement after a line that `settlePlainLines` has left, each joined to its order: page by page, memory stays
 * flat. Their instalments are locked: nobody's word comes between what is read here and what follows from it.
 */
export async function matchedLines(tx: Tx, statementId: string, after: string, limit: number): Promise<MatchedLine[]> {
  const left = sql`l.statement_id = ${statementId} and l.line > ${after} and not exists (select from plain p where p.line = l.line)`;
  await sql`
    select from instalments where instalment_id in (
      select o.instalment_id from (select l.reference from statement_lines l where ${left} order by l.line limit ${limit}) l
      join payment_orders o on o.reference = l.reference)
    order by instalment_id for update`.execute(tx);
  const { rows } = await sql<MatchedLine>`
    select l.line, l.booked_on as "bookedOn", l.amount_idr as "amountIdr", l.direction, l.reference, l.bulk_id as "bulkId", l.counterparty_name as name,
      l.counterparty_account as account, l.bank_reference as "bankReference", l.return_reason as "returnReason", l.unreadable,
      coalesce(l.direction = 'credit' and l.reference is null
        and l.amount_idr in (select amount_idr from instalments group by 1), false) as "isInstalmentSum",
      case when o.reference is null then null else json_build_object('instalmentId', i.instalment_id::text, 'current', i.order_number = o.order_number,
        'amountIdr', o.amount_idr::text, 'channel', o.channel, 'accountNumber', o.account_number, 'holderName', o.holder_name, 'state', i.state,
        'submittedOn', (o.submitted_at at time zone 'Asia/Jakarta')::date,
        'debited', exists (select from statement_lines e where e.reference = l.reference and e.direction = 'debit'
          and (e.statement_id, e.line) < (l.statement_id, l.line)) or ${IN_BULK} > 0,
        'stillDebitedIdr', ${STILL_DEBITED}::text,
        'misdirected', ${MISDIRECTED},
        'returnedFor', (select min(e.return_reason) from statement_lines e where e.reference = l.reference and e.direction = 'credit'),
        'booked', ${BOOKED}) end as "order"
    from statement_lines l left join payment_orders o on o.reference = l.reference left join instalments i on i.instalment_id = o.instalment_id
    where ${left} order by l.line limit ${limit}`.execute(tx);
  return rows;
}

export interface Effect {
  readonly kind: 'paid' | 'returned';
  readonly instalmentId: string;
  readonly reference: string;
  readonly steps: readonly string[];
  readonly bookedOn: string;
  readonly returnReason: string | null;
  /** It was paid by one debit of all that went with it. */
  readonly inBulk?: boolean;
  /** The bank's own number of the movement; null: it has none. */
  readonly bankReference: string | null;
  /** What shows it is the debit, though what gave it back was read first. */
  readonly settles: boolean;
}

/** What the statement proves: orders become paid or returned, with their ledger entries. */
export async function applyEffects(tx: Tx, effects: readonly Effect[], now: Date): Promise<void> {
  const longest = Math.max(0, ...effects.map((effect) => effect.steps.length));
  for (let step = 0; step < longest; step++) {
    const moves = effects.flatMap(({ instalmentId, reference, steps, returnReason }) => {
      const to = steps[step];
      return to === undefined
        ? []
        : [{ instalmentId, reference, to, reason: to === 'returned' ? (returnReason ?? 'returned') : '' }];
    });
    await moveInstalments(tx, ['submitting', 'unknown', 'accepted', 'paid'], moves, now);
  }
  // A return has a day of its own; the order stays settled on the day of its debit.
  const settled = effects.filter((effect) => effect.settles);
  await sql`
    update payment_orders o set ${settledBy(sql`n`)}, in_bulk_idr = case when n.in_bulk then o.amount_idr else o.in_bulk_idr end
    from unnest(${settled.map((effect) => effect.reference)}::text[], ${settled.map((effect) => effect.bookedOn)}::date[],
      ${settled.map((effect) => effect.bankReference)}::text[], ${settled.map((effect) => effect.inBulk ?? false)}::boolean[])
      as n (reference, booked_on, bank_reference, in_bulk)
    where o.reference = n.reference`.execute(tx);
}

/** Open breaks by type, and the three totals that must be equal, as text. */
export async function reconciliationTotals(db: Db | Tx) {
  const { rows } = await sql<{ ledger: string; orders: string; statement: string }>`
    select
      (select coalesce(sum(debit_idr - credit_idr), 0) from ledger_entries where account = 'paid')::text as ledger,
      (select coalesce(sum(amount_idr), 0) from instalments where state = 'paid')::text as orders,
      ((select coalesce(sum(${SIGNED}), 0) from statement_lines l join payment_orders o on o.reference = l.reference)
        + (select coalesce(sum(${SIGNED}), 0) from statement_lines l where l.reference is null and ${OUR_BULK}))::text as statement`.execute(
    db,
  );
  const breaks = await sql<{ type: string; n: number }>`
    select type, count(*)::int4 as n from breaks where state = 'open' group by type order by type`.execute(db);
  return {
    totals: rows[0] as (typeof rows)[number],
    openBreaks: Object.fromEntries(breaks.rows.map((row) => [row.type, row.n])) as Record<string, number>,
  };
}
