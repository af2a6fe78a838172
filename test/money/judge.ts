import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Delivered } from './desk.ts';
import { breakFaults, type Explained } from './judge-breaks.ts';

// The judge of a schedule that has come to its end. It reads the bank's log, what the statements said, and the office's
// tables by SQL; it imports nothing of the program.

export interface Facts {
  readonly dir: string;
  /** The WIB day on which it ends. */
  readonly today: string;
  /** What the last `reconcile --json` said. */
  readonly totals: unknown;
  readonly restored: boolean;
}

/** A line of bank.ndjson. */
export interface BankLine {
  readonly reference: string;
  readonly account: string;
  readonly amount_idr: string;
  readonly debited: boolean;
  readonly effect?: string;
  readonly value_date?: string;
}

/** An order as the witness saw it made; a restore may have lost it. */
export interface WitnessedOrder {
  readonly reference: string;
  readonly instalment: string;
  readonly account: string;
  readonly amount_idr: string;
}

export interface Instalment {
  readonly instalment: string;
  readonly state: string;
  readonly reason: string;
  readonly amount_idr: string;
  readonly reference: string | null;
}

/** Names everything that is not as contract.md, section 7, wants it in the end; empty: it is. */
export async function judge(pool: Pool, facts: Facts): Promise<string[]> {
  const bank = linesOf(join(facts.dir, 'bank.ndjson'));
  const delivered: Delivered = JSON.parse(readFileSync(join(facts.dir, 'delivered.json'), 'utf8'));
  const { rows: orders } = await pool.query<WitnessedOrder>(
    `select distinct reference, format('%s %s %s of %s', batch, kind, number, right(nik::text, 2)) as instalment, account, amount_idr from witness.orders`,
  );
  const { rows: instalments } = await pool.query<Instalment>(`
    select format('%s %s %s of %s', batch, kind, number, right(nik::text, 2)) as instalment, state, i.reason, i.amount_idr, o.reference
    from instalments i left join payment_orders o on (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number)`);
  const { faults, explained, unclear } = await breakFaults(pool, { ...facts, bank, delivered, orders });
  return [
    ...debitFaults(bank, orders),
    ...endFaults(instalments, explained),
    ...(await totalFaults(pool, facts, delivered, { explained, unclear })),
    ...faults,
  ];
}

function linesOf(path: string): BankLine[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((text) => text !== '').map((text): BankLine => JSON.parse(text));
}

/** At most one unreturned debit per instalment, and none that no order explains. */
function debitFaults(bank: readonly BankLine[], orders: readonly WitnessedOrder[]): string[] {
  const known = new Map(orders.map((order) => [order.reference, order]));
  const faults: string[] = [];
  const kept = new Map<string, string[]>();
  for (const { reference, debited, effect, account, amount_idr } of bank) {
    if (!debited) continue;
    const order = known.get(reference);
    if (!order) {
      faults.push(`${reference} was debited and no order ever had this reference`);
      continue;
    }
    const made = orders.filter((one) => one.reference === reference);
    if (!made.some((one) => one.account === account && one.amount_idr === amount_idr))
      faults.push(`${reference} was debited otherwise than it was ordered`);
    // The bank's own doubles are not ours, but somebody must be told: judge-breaks.ts.
    if (effect === 'returned' || effect === 'second_debit') continue;
    kept.set(order.instalment, [...(kept.get(order.instalment) ?? []), reference]);
  }
  const twice = [...kept].filter(([, references]) => references.length > 1);
  const sentences = twice.map(
    ([instalment, references]) => `${instalment} was paid twice: ${references.join(' and ')}`,
  );
  return [...faults, ...sentences];
}

const ENDS = new Set(['paid', 'rejected', 'returned', 'held']);
/** Nobody has asked for it. */
const NOT_BEGUN = new Set(['due']);

/** Every instalment ends paid, rejected, returned or held with a reason; what is open has a break that a person works on. */
function endFaults(instalments: readonly Instalment[], explained: Explained): string[] {
  return instalments.flatMap(({ instalment, state, reason, reference }) => {
    if (NOT_BEGUN.has(state) || (ENDS.has(state) && (state !== 'held' || reason !== ''))) return [];
    const waits = state === 'accepted' || state === 'unknown';
    if (waits && reference !== null && explained(reference)) return [];
    return [`${instalment} ended ${state}, and no break says why`];
  });
}

/** Ledger, orders and statements agree, order by order; where they do not, a break says so. */
async function totalFaults(
  pool: Pool,
  facts: Facts,
  delivered: Delivered,
  { explained, unclear }: { explained: Explained; unclear: boolean },
): Promise<string[]> {
  const { rows } = await pool.query<{ reference: string; paid: string }>(`
    select reference, sum(debit_idr - credit_idr)::text as paid from ledger_entries where account = 'paid' group by 1`);
  const ledger = new Map(rows.map(({ reference, paid }) => [reference, BigInt(paid)]));
  const shown = new Map<string, bigint>();
  for (const { reference, direction, amount_idr } of delivered.lines) {
    const amount = direction === 'debit' ? BigInt(amount_idr) : -BigInt(amount_idr);
    shown.set(reference, (shown.get(reference) ?? 0n) + amount);
  }
  const references = new Set([...ledger.keys(), ...shown.keys()]);
  const apart = [...references].filter((reference) => (ledger.get(reference) ?? 0n) !== (shown.get(reference) ?? 0n));
  const faults = apart
    .filter((reference) => !explained(reference))
    .map(
      (reference) =>
        `${reference}: the ledger says ${ledger.get(reference) ?? 0n} paid, the statements ${shown.get(reference) ?? 0n}, and no break says why`,
    );
  return [...faults, ...toldFaults(facts.totals, ledger, unclear || apart.length > 0)];
}

interface Told {
  readonly totals_idr: { readonly ledger: string; readonly orders: string; readonly statement: string };
  readonly totals_equal: boolean;
  readonly open_breaks: Readonly<Record<string, number>>;
}

/** What `reconcile` itself said of the three totals. */
function toldFaults(told: unknown, ledger: ReadonlyMap<string, bigint>, apart: boolean): string[] {
  if (told === undefined) return [];
  const { totals_idr, totals_equal, open_breaks } = told as Told;
  const paid = [...ledger.values()].reduce((sum, one) => sum + one, 0n);
  const open = Object.values(open_breaks).reduce((sum, n) => sum + n, 0);
  const faults: string[] = [];
  if (BigInt(totals_idr.ledger) !== paid)
    faults.push(`reconcile told ${totals_idr.ledger} of the ledger, which says ${paid}`);
  if (totals_idr.ledger !== totals_idr.orders)
    faults.push(`ledger ${totals_idr.ledger} and orders ${totals_idr.orders} differ`);
  if (!totals_equal && open === 0) faults.push('the totals differ, and no break is open');
  if (!apart && !totals_equal && totals_idr.ledger !== totals_idr.statement)
    faults.push(`the statements' lines agree one by one, and reconcile told ${JSON.stringify(totals_idr)}`);
  return faults;
}
