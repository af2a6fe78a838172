import type { Pool } from 'pg';
import type { Delivered } from './desk.ts';

/** Whether an open break is about a reference, or about a bulk with which something is wrong and that it is part of. */
export type Explained = (reference: string) => boolean;

interface BankLine {
  readonly reference: string;
  readonly amount_idr: string;
  readonly debited: boolean;
  readonly value_date?: string;
  readonly bulk_id?: string;
  readonly effect?: string;
}

interface Order {
  readonly reference: string;
  readonly account: string;
  readonly amount_idr: string;
}

interface Given {
  readonly bank: readonly BankLine[];
  readonly today: string;
  readonly restored: boolean;
  readonly delivered: Delivered;
  /** Every form in which an order was ever made. */
  readonly orders: readonly Order[];
}

interface Break {
  readonly type: string;
  readonly state: string;
  /** A reference or a bulk's id; of a gap: the first day of its statement. */
  readonly about: string;
}

/** An order that stands in the office's books, as far as breaks depend on it. */
interface Standing {
  readonly reference: string;
  readonly state: string;
  readonly current: boolean;
  readonly submitted_on: string;
  /** Of the file that it belongs to. */
  readonly file_id: string | null;
  /** A statement, and nothing else, has made the only order of its instalment paid. */
  readonly settled: boolean;
}

/** Breaks that say that an order is not paid yet, whatever the bank has booked. */
const differs = ['amount_mismatch', 'payee_mismatch'];

const LATE_DAYS = 2;
const MISSING_DAYS = 2;

/** Each fault of a statement has its break, of the right type; no break says what is not so; none was closed by anybody. */
export async function breakFaults(
  pool: Pool,
  given: Given,
): Promise<{ faults: string[]; explained: Explained; unclear: boolean }> {
  const { rows: breaks } = await pool.query<Break>(`
    select b.type, b.state, coalesce(b.reference, l.bulk_id, s.from_date::text, '') as about from breaks b
    left join statements s using (statement_id)
    left join statement_lines l on (l.statement_id, l.line) = (b.statement_id, b.statement_line) and l.reference is null`);
  const { rows: standing } = await pool.query<Standing>(`
    select o.reference, i.state, o.order_number = i.order_number as current, (o.submitted_at at time zone 'Asia/Jakarta')::date::text as submitted_on,
      'PRAKERJA-RUN-' || o.payout_run as file_id, i.order_number = 1 and exists (
        select from witness.changes c where c.instalment_id = i.instalment_id and (from_state, to_state) = ('accepted', 'paid'))
        and not exists (select from bank_callbacks n where n.reference = o.reference and n.status = '00')
        and not exists (select from bank_calls c where c.reference = o.reference and c.kind = 'status' and c.answer like '%status 00') as settled
    from payment_orders o join instalments i using (instalment_id)`);
  const open = new Set(breaks.filter(({ state }) => state === 'open').map(({ type, about }) => `${type} ${about}`));
  const bulks = new Bulks(given, standing);
  const { must, may } = expectations(given, standing, bulks);
  const faults = [
    // A gap is closed by the statement that fills it; one that must be open and is not is told below.
    ...breaks
      .filter(({ state, type }) => state !== 'open' && type !== 'statement_gap')
      .map(({ type, about }) => `${type} ${about} was closed by nobody`),
    ...standing
      .filter(({ reference, settled }) => settled && differs.some((type) => must.has(`${type} ${reference}`)))
      .map(({ reference }) => `${reference} was settled by a line that says something else`),
    ...[...must]
      .filter((one) => !one.split(' or ').some((each) => open.has(each)))
      .map((one) => `there is no break: ${one}`),
    ...[...open].filter((one) => !must.has(one) && !may.has(one)).map((one) => `a break says what is not so: ${one}`),
  ];
  const types = [...new Set(breaks.map(({ type }) => type))];
  const isOpen = (about: string) => types.some((type) => open.has(`${type} ${about}`));
  const explained: Explained = (reference) =>
    bulks.isConfused(reference) || [reference, ...bulks.oddOf(reference)].some(isOpen);
  return { faults, explained, unclear: bulks.oddOnes().some(isOpen) };
}

/** What must be told, and what may be beside it, as `type reference` or `statement_gap day`. */
function expectations(given: Given, standing: readonly Standing[], bulks: Bulks) {
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
    const sure = given.restored || bulks.isConfused(reference) ? may : must;
    const together = debits.flatMap(({ bulk }) => bulk ?? []);
    const twice = [reference, ...together].map((about) => `duplicate_debit ${about}`);
    if (debits.length > 1) {
      // Where its bulk fits no sum, that may be all that can be said.
      const unclear = bulks.oddOf(reference).map((about) => `amount_mismatch ${about}`);
      sure.add([...twice, ...unclear].join(' or '));
      for (const one of twice) may.add(one);
    }
    if (lines.length > debits.length) sure.add(`returned ${reference}`);
    const forms = given.orders.filter((one) => one.reference === reference);
    const [first] = debits;
    if (!first) continue;
    if (first.amount_idr !== order.amount_idr) sure.add(`amount_mismatch ${first.bulk ?? reference}`);
    // Of many at once a statement names nobody.
    if (first.bulk === undefined && forms.some(({ account }) => account !== first.account))
      sure.add(`payee_mismatch ${reference}`);
    // Another's double may have been taken for its debit among the others; by itself it is one too many then.
    if (first.bulk === undefined && bulks.isConfused(reference)) may.add(`duplicate_debit ${reference}`);
    const submitted = inBooks.get(reference)?.submitted_on;
    const late = submitted !== undefined && workingDays(submitted, first.day) > LATE_DAYS;
    if (late && first.bulk === undefined) sure.add(`late ${reference}`);
    for (const bulk of together) may.add(`late ${bulk}`);
    // Until the bank booked it, it was missing.
    const paidOn = given.bank.find((line) => line.reference === reference && line.debited)?.value_date;
    if (paidOn === undefined || first.day > paidOn) may.add(`missing_in_bank ${reference}`);
    // The bank told of the return before it booked it.
    const back = lines.find(({ direction }) => direction === 'credit');
    if (back && workingDays(first.day, back.day) >= MISSING_DAYS) may.add(`missing_in_bank ${reference}`);
  }
  for (const one of bulks.mayHave()) may.add(one);
  for (const reference of missing(given, standing)) {
    const unclear = bulks.oddOf(reference).map((about) => `amount_mismatch ${about}`);
    if (!bulks.isConfused(reference)) must.add([`missing_in_bank ${reference}`, ...unclear].join(' or '));
    may.add(`missing_in_bank ${reference}`);
  }
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
  return standing
    .filter(({ state, current }) => current && (state === 'accepted' || state === 'paid'))
    .filter(({ reference }) => !shown.has(reference))
    .filter(
      ({ submitted_on }) => isCovered(delivered, submitted_on) && workingDays(submitted_on, today) >= MISSING_DAYS,
    )
    .map(({ reference }) => reference);
}

/** A statement has the day, or it lies between two that meet: the bank makes none for a day on which nothing was. */
function isCovered({ days }: Delivered, day: string): boolean {
  const i = days.findLastIndex((one) => one.day <= day);
  const last = days[i];
  return last?.day === day || (last?.gap === false && i + 1 < days.length);
}

/** Days whose statement does not begin where the one before it ended. */
function gapDays({ days }: Delivered): string[] {
  return days.flatMap(({ day }, i) => (days[i - 1]?.gap ? [day] : []));
}

/** What was booked together, and whether something is wrong with it: then a person may have to see what is whose. */
class Bulks {
  private readonly of = new Map<string, string[]>();
  /** Ids to how much is wrong with them. */
  private readonly odd = new Map<string, number>();

  constructor({ bank, delivered, restored }: Given, standing: readonly Standing[]) {
    const halved = halvedIn(delivered);
    const returned: string[] = [];
    for (const { reference, bulk_id, debited, effect = '' } of bank) {
      if (bulk_id === undefined) continue;
      this.put(reference, bulk_id);
      if (effect === 'returned' && !halved.has(bulk_id)) returned.push(bulk_id);
      else if (!debited || !PLAIN.has(effect)) this.isOdd(bulk_id);
      // What a restore lost of it may have to be seen by a person, and confuses nobody.
      if (restored && !this.odd.has(bulk_id)) this.odd.set(bulk_id, 0);
    }
    for (const { reference } of delivered.spoiled) if (reference.startsWith(OURS)) this.isOdd(reference);
    // The bank may have told of a return before its debit was read: with something else wrong, what is debited may seem another's.
    for (const id of returned) if ((this.odd.get(id) ?? 0) > 0) this.isOdd(id);
    for (const id of openBesideWrong(bank)) this.isOdd(id);
    // Also what the bank never got of a file waits for a person who has looked at the file's debit.
    for (const { reference, file_id } of standing) if (file_id !== null) this.put(reference, file_id);
  }

  private put(reference: string, id: string): void {
    this.of.set(reference, [...(this.of.get(reference) ?? []), id]);
  }

  private isOdd(id: string): void {
    this.odd.set(id, (this.odd.get(id) ?? 0) + 1);
  }

  oddOnes(): string[] {
    return [...this.odd.keys()];
  }

  oddOf(reference: string): string[] {
    return (this.of.get(reference) ?? []).filter((id) => this.odd.has(id));
  }

  /** Two wrongs in one bulk may come to the sum that is right: nobody can tell whose it is. */
  isConfused(reference: string): boolean {
    return this.oddOf(reference).some((id) => (this.odd.get(id) ?? 0) > 1);
  }

  /** Breaks about bulks with which something is wrong. */
  mayHave(): string[] {
    const types = ['amount_mismatch', 'duplicate_debit', 'missing_in_ledger', 'returned'];
    const ofOrders = [...this.of.keys()].filter((reference) => this.oddOf(reference).length > 0);
    return [
      ...this.oddOnes().flatMap((id) => types.map((type) => `${type} ${id}`)),
      ...ofOrders.map((reference) => `missing_in_bank ${reference}`),
    ];
  }
}

/** How ids of files and calls begin. */
const OURS = 'PRAKERJA-';

/** What the bank does to an order of a bulk, and its debit is what was ordered all the same. */
const PLAIN = new Set(['', 'pending']);

/** Bulks in which the bank leaves one order open, and has done another of the same amount wrong: the sum fits either. */
function openBesideWrong(bank: readonly BankLine[]): string[] {
  const inBulk = ({ bulk_id, amount_idr }: BankLine) => `${bulk_id} ${amount_idr}`;
  const wrong = new Set(bank.filter(({ effect = '' }) => !PLAIN.has(effect)).map(inBulk));
  const open = bank.filter((line) => line.effect === 'pending' && wrong.has(inBulk(line)));
  return open.flatMap(({ bulk_id }) => bulk_id ?? []);
}

/** Bulks of which a statement shows more than one debit. */
function halvedIn({ lines }: Delivered): Set<string> {
  const entries = new Set(lines.flatMap(({ bulk, bank_reference }) => (bulk ? `${bulk} ${bank_reference}` : [])));
  const ids = [...entries].map((entry) => entry.split(' ')[0] as string);
  return new Set(ids.filter((id, i) => ids.indexOf(id) !== i));
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
