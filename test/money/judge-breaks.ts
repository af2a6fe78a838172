import type { Pool } from 'pg';
import type { Delivered } from './desk.ts';

/** Whether an open break is about a reference (and of a type). */
export type Explained = (reference: string, type?: string) => boolean;

interface Order {
  readonly reference: string;
  readonly account: string;
  readonly amount_idr: string;
}

interface Given {
  readonly bank: readonly { readonly reference: string; readonly debited: boolean; readonly value_date?: string }[];
  readonly today: string;
  readonly restored: boolean;
  readonly delivered: Delivered;
  /** Every form in which an order was ever made. */
  readonly orders: readonly Order[];
}

interface Break {
  readonly type: string;
  readonly state: string;
  /** Of a gap: the first day of its statement. */
  readonly about: string;
}

/** An order that stands in the office's books, as far as breaks depend on it. */
interface Standing {
  readonly reference: string;
  readonly state: string;
  readonly current: boolean;
  readonly submitted_on: string;
  /** A statement, and nothing else, has made the only order of its instalment paid. */
  readonly settled: boolean;
}

/** Breaks that say that an order is not paid yet, whatever the bank has booked. */
const differs = ['amount_mismatch', 'payee_mismatch'];

const LATE_DAYS = 2;
const MISSING_DAYS = 2;

/** Each fault of a statement has its break, of the right type; no break says what is not so; none was closed by anybody. */
export async function breakFaults(pool: Pool, given: Given): Promise<{ faults: string[]; explained: Explained }> {
  const { rows: breaks } = await pool.query<Break>(`
    select b.type, b.state, coalesce(b.reference, s.from_date::text, '') as about from breaks b left join statements s using (statement_id)`);
  const { rows: standing } = await pool.query<Standing>(`
    select o.reference, i.state, o.order_number = i.order_number as current, (o.submitted_at at time zone 'Asia/Jakarta')::date::text as submitted_on,
      i.order_number = 1 and exists (
        select from witness.changes c where c.instalment_id = i.instalment_id and (from_state, to_state) = ('accepted', 'paid'))
        and not exists (select from bank_callbacks n where n.reference = o.reference and n.status = '00') as settled
    from payment_orders o join instalments i using (instalment_id)`);
  const open = new Set(breaks.filter(({ state }) => state === 'open').map(({ type, about }) => `${type} ${about}`));
  const { must, may } = expectations(given, standing);
  const faults = [
    // A gap is closed by the statement that fills it; one that must be open and is not is told below.
    ...breaks
      .filter(({ state, type }) => state !== 'open' && type !== 'statement_gap')
      .map(({ type, about }) => `${type} ${about} was closed by nobody`),
    ...standing
      .filter(({ reference, settled }) => settled && differs.some((type) => must.has(`${type} ${reference}`)))
      .map(({ reference }) => `${reference} was settled by a line that says something else`),
    ...[...must].filter((one) => !open.has(one)).map((one) => `there is no break: ${one}`),
    ...[...open].filter((one) => !must.has(one) && !may.has(one)).map((one) => `a break says what is not so: ${one}`),
  ];
  const types = [...new Set(breaks.map(({ type }) => type))];
  const explained: Explained = (reference, type) =>
    (type === undefined ? types : [type]).some((one) => open.has(`${one} ${reference}`));
  return { faults, explained };
}

/** What must be told, and what may be beside it, as `type reference` or `statement_gap day`. */
function expectations(given: Given, standing: readonly Standing[]) {
  const must = new Set<string>();
  const may = new Set<string>();
  const known = new Map(given.orders.map((order) => [order.reference, order]));
  const inBooks = new Map(standing.map((one) => [one.reference, one]));
  for (const [reference, lines] of byReference(given.delivered)) {
    const debits = lines.filter(({ direction }) => direction === 'debit');
    const order = known.get(reference);
    if (!order) must.add(`missing_in_ledger ${reference}`);
    if (!order) continue;
    // Its lines may have been read when a restore had lost the order: then they were missing in the ledger.
    if (given.restored) may.add(`missing_in_ledger ${reference}`);
    const sure = given.restored ? may : must;
    if (debits.length > 1) sure.add(`duplicate_debit ${reference}`);
    if (lines.length > debits.length) sure.add(`returned ${reference}`);
    const forms = given.orders.filter((one) => one.reference === reference);
    const [first] = debits;
    if (!first) continue;
    if (first.amount_idr !== order.amount_idr) sure.add(`amount_mismatch ${reference}`);
    if (forms.some(({ account }) => account !== first.account)) sure.add(`payee_mismatch ${reference}`);
    const submitted = inBooks.get(reference)?.submitted_on;
    const late = submitted !== undefined && workingDays(submitted, first.day) > LATE_DAYS;
    if (late) sure.add(`late ${reference}`);
    // Until the bank booked it, it was missing.
    const paidOn = given.bank.find((line) => line.reference === reference && line.debited)?.value_date;
    if (paidOn === undefined || first.day > paidOn) may.add(`missing_in_bank ${reference}`);
    // The bank told of the return before it booked it.
    const back = lines.find(({ direction }) => direction === 'credit');
    if (back && workingDays(first.day, back.day) >= MISSING_DAYS) may.add(`missing_in_bank ${reference}`);
  }
  for (const one of missing(given, standing)) must.add(one);
  for (const day of gapDays(given.delivered)) must.add(`statement_gap ${day}`);
  return { must, may };
}

function byReference({ lines }: Delivered): Map<string, Delivered['lines'][number][]> {
  const found = new Map<string, Delivered['lines'][number][]>();
  const ordered = lines.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  for (const line of ordered) found.set(line.reference, [...(found.get(line.reference) ?? []), line]);
  return found;
}

/** Orders that the bank has, by its word or ours, and that no statement shows though one covers the day. */
function missing({ delivered, today }: Given, standing: readonly Standing[]): string[] {
  const shown = new Set(delivered.lines.filter(({ direction }) => direction === 'debit').map((line) => line.reference));
  const covered = new Set(delivered.days.map(({ day }) => day));
  return standing
    .filter(({ state, current }) => current && (state === 'accepted' || state === 'paid'))
    .filter(({ reference }) => !shown.has(reference))
    .filter(({ submitted_on }) => covered.has(submitted_on) && workingDays(submitted_on, today) >= MISSING_DAYS)
    .map(({ reference }) => `missing_in_bank ${reference}`);
}

/** Days whose statement does not begin where the one before it ended. */
function gapDays({ days }: Delivered): string[] {
  return days.flatMap(({ day }, i) => (days[i - 1]?.gap ? [day] : []));
}

const DAY_MS = 86_400_000;

/** Days from Monday to Friday after `from`, up to and including `to`. */
function workingDays(from: string, to: string): number {
  let days = 0;
  for (let at = Date.parse(from) + DAY_MS; at <= Date.parse(to); at += DAY_MS) {
    const weekday = new Date(at).getUTCDay();
    if (weekday !== 0 && weekday !== 6) days++;
  }
  return days;
}
