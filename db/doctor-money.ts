import { sql } from 'kysely';
import { walkChain } from './audit.ts';
import { deedsWithoutRow, missingDeeds } from './audited-deeds.ts';
import type { Db } from './connection.ts';
import { type Check, count } from './doctor-check.ts';
import { TO_BE_ASKED } from './doubt.ts';
import { trialBalance } from './ledger.ts';
import { recordTables, unguardedRecords } from './protect.ts';

/** The trial balance: every transaction balances, and so does the whole. */
export async function ledger(db: Db): Promise<Check> {
  const unbalanced = await count(
    db,
    sql`select transaction_id from ledger_entries group by 1 having sum(debit_idr) <> sum(credit_idr)`,
  );
  const balances = await trialBalance(db);
  const sum = Object.values(balances).reduce((total, balance) => total + BigInt(balance), 0n);
  const text = Object.entries(balances)
    .map(([account, balance]) => `${account} ${balance}`)
    .join(', ');
  const wrong = unbalanced > 0 ? `; ${unbalanced} transactions do not balance` : '';
  return {
    name: 'trial_balance',
    ok: sum === 0n && unbalanced === 0,
    detail: `${text || 'the ledger is empty'}${wrong}`,
  };
}

/** What the instalments' states say must stand in the ledger. */
export async function money(db: Db): Promise<Check> {
  const { rows } = await sql<{ programme: string; in_flight: string; paid: string; returned: string }>`
    select coalesce(sum(amount_idr) filter (where state = 'released'), 0)::text as programme,
      coalesce(sum(amount_idr) filter (where state in ('submitting', 'unknown', 'accepted')), 0)::text as in_flight,
      coalesce(sum(amount_idr) filter (where state = 'paid'), 0)::text as paid,
      coalesce(sum(amount_idr) filter (where state = 'returned'), 0)::text as returned from instalments`.execute(db);
  const balances = await trialBalance(db);
  const wrong = Object.entries(rows[0] ?? {}).filter(([account, sum]) => (balances[account] ?? '0') !== sum);
  return {
    name: 'money',
    ok: wrong.length === 0,
    detail:
      wrong.map(([account, sum]) => `${account}: instalments ${sum}, ledger ${balances[account] ?? 0}`).join('; ') ||
      'ledger and instalments agree',
  };
}

const ANSWER_HOURS_MAX = 24;

/** Orders of which nobody can say by machine what became of them: the bank contradicts itself, says nothing for a day, or took them and has no debit. */
export async function unanswered(db: Db, now: Date): Promise<Check> {
  const { rows } = await sql<{ silent: number; odd: number; lost: number }>`
    select count(*) filter (where i.state = 'unknown' and o.submitted_at < ${now}::timestamptz - make_interval(hours => ${ANSWER_HOURS_MAX}))::int4 as silent,
      count(*) filter (where i.reason like 'contradiction%')::int4 as odd,
      count(*) filter (where i.state = 'accepted')::int4 as lost
    from instalments i join payment_orders o on (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number)
    where ${TO_BE_ASKED}`.execute(db);
  const { silent, odd, lost } = rows[0] as (typeof rows)[number];
  return {
    name: 'unanswered',
    ok: silent + odd + lost === 0,
    detail: `${silent} payments are unknown for over ${ANSWER_HOURS_MAX} h, ${odd} with a contradiction of the bank, ${lost} were taken and no statement shows them as they should be${silent + odd + lost > 0 ? ': ask it in writing; "payout reject" takes its word' : ''}`,
  };
}

/** The chain is whole, and what it says and what the tables say that people did is the same. */
export async function auditLog(db: Db): Promise<Check> {
  const { rows, broken } = await walkChain(db);
  const [missing] = await missingDeeds(db, 1);
  const [rowless] = await deedsWithoutRow(db, 1);
  let detail = `${rows} rows, chain whole`;
  if (rowless) detail = `the table has no row for "${rowless.action}" of ${rowless.subject}`;
  if (missing) detail = `no row for "${missing.action}" of ${missing.subject}`;
  if (broken !== null) detail = `row ${broken} was changed`;
  return { name: 'audit', ok: broken === null && !missing && !rowless, detail };
}

/** Once the append-only tables were taken from the program's role, all of them are, and stay so. */
export async function records(db: Db): Promise<Check> {
  const tables = await recordTables(db);
  const unguarded = await unguardedRecords(db);
  if (unguarded.length > 0)
    return {
      name: 'records',
      ok: false,
      detail: `the trigger that keeps rows as they are is gone or switched off: ${unguarded.join(', ')}`,
    };
  const taken = tables.filter(({ owner, program }) => owner !== program);
  const open = tables.filter(({ mayChange }) => mayChange).map(({ name }) => name);
  const guard =
    taken.length === 0 ? 'by trigger; "prakerja db protect" guards them by role too' : 'by trigger and role';
  return {
    name: 'records',
    ok: taken.length === 0 || open.length === 0,
    detail:
      taken.length > 0 && open.length > 0
        ? `this role could change ${open.join(', ')}: "prakerja db protect" takes them from it`
        : `${tables.length} append-only tables, guarded ${guard}`,
  };
}
