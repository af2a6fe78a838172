import { sql } from 'kysely';
import { addDays, wibMidnight } from '../jobs/time.ts';
import { walkChain } from './audit.ts';
import type { Tx } from './connection.ts';
import { type Account, closeDay, trialBalance } from './ledger.ts';
import { reconciliationTotals } from './statement.ts';

/** What stands there also where nothing moved. */
const ACCOUNTS: readonly Account[] = ['treasury', 'programme', 'in_flight', 'paid', 'returned'];

/** One day of one account: whole rupiah, as text. */
export interface AccountDay {
  readonly account: string;
  readonly opening: string;
  readonly debit: string;
  readonly credit: string;
  readonly closing: string;
}

export interface DailyReport {
  /** WIB. */
  readonly day: string;
  /** The day is over, and nothing is posted in it any more. */
  readonly final: boolean;
  /** When it was made: totals and instalments are those of this moment. */
  readonly made_at: string;
  /** The audit log's last hash: two signatures under it say what the log was (`audit verify --head`). */
  readonly audit_head: string;
  readonly accounts: readonly AccountDay[];
  /** What was paid up to the end of now by ledger, orders and statements: must be equal. */
  readonly totals: { readonly ledger: string; readonly orders: string; readonly statement: string };
  readonly instalments: readonly { readonly state: string; readonly n: number; readonly amount_idr: string }[];
  readonly breaks: readonly {
    readonly type: string;
    readonly n: number;
    readonly amount_idr: string;
    readonly oldest_days: number;
  }[];
  readonly statements: readonly {
    readonly account: string;
    readonly from: string;
    readonly to: string;
    readonly lines: number;
  }[];
}

/**
 * What finance signs for a day: what each account held before and after, what moved, and what is not explained. A day that
 * is over is closed with it: its ledger section is the same for ever.
 */
export async function dailyReport(db: Tx, day: string, now: Date): Promise<DailyReport> {
  const from = wibMidnight(day);
  const to = wibMidnight(addDays(day, 1));
  // A day is over when it is by the clock too: a day closed too early would move what is posted later.
  const final = to <= now && to.getTime() <= Date.now();
  if (final) await closeDay(db, day, now);
  const before = await trialBalance(db, from);
  const moved = await sql<{ account: string; debit: string; credit: string }>`
    select account, sum(debit_idr)::text as debit, sum(credit_idr)::text as credit from ledger_entries
    where at >= ${from} and at < ${to} group by 1`.execute(db);
  const accounts = new Map(moved.rows.map((row) => [row.account, row]));
  const names = [...new Set([...ACCOUNTS, ...Object.keys(before), ...accounts.keys()])].sort();
  const instalments = await sql<DailyReport['instalments'][number]>`
    select state, count(*)::float8 as n, sum(amount_idr)::text as amount_idr from instalments group by 1 order by 1`.execute(
    db,
  );
  const breaks = await sql<DailyReport['breaks'][number]>`
    select type, count(*)::float8 as n, coalesce(sum(amount_idr), 0)::text as amount_idr,
      greatest(0, ${day}::date - min(opened_on))::float8 as oldest_days
    from breaks where opened_on <= ${day}::date and (state = 'open' or resolved_at >= ${to}) group by 1 order by 1`.execute(
    db,
  );
  const statements = await sql<DailyReport['statements'][number]>`
    select account, from_date::text as "from", to_date::text as "to", lines::float8 as lines from statements
    where ${day}::date between from_date and to_date order by 1, 2, part`.execute(db);
  return {
    day,
    final,
    made_at: now.toISOString(),
    audit_head: (await walkChain(db)).head,
    accounts: names.map((account) => accountDay(account, before[account] ?? '0', accounts.get(account))),
    totals: (await reconciliationTotals(db)).totals,
    instalments: instalments.rows,
    breaks: breaks.rows,
    statements: statements.rows,
  };
}

function accountDay(
  account: string,
  opening: string,
  moved: { debit: string; credit: string } | undefined,
): AccountDay {
  const { debit, credit } = moved ?? { debit: '0', credit: '0' };
  return { account, opening, debit, credit, closing: String(BigInt(opening) + BigInt(debit) - BigInt(credit)) };
}
