import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { FaultKind } from './faults.ts';
import { addDays } from './time.ts';

const WRONG_PAYEE = '9999999999';
/** Services that pay. */
const PAYMENTS: ReadonlySet<string> = new Set(['18', '20', '38', '40']);
const LATE_DAYS = 3;
const RETURN_DAYS = 1;

/**
 * One call, as it stands in bank.ndjson. The first seven fields are contract.md's; the rest is what the bank needs to
 * know again after a restart. `code` is the response code that was decided when `answer` says it never arrived.
 */
export type BankLine = {
  at_us: number;
  reference: string;
  external_id: string;
  account: string;
  amount_idr: string;
  answer: string;
  debited: boolean;
  service: string;
  code?: string;
  value_date?: string;
  value_time?: string;
  bank_reference?: string;
  name?: string;
  bank_code?: string;
  /** The call that it came in with others. */
  bulk_id?: string;
  effect?: FaultKind | 'second_debit';
  effect_value?: string;
};
export type Payment = BankLine & { value_date: string; value_time: string; bank_reference: string; inquiries: number };
/** One statement line; `amount_idr` whole rupiah, `date` and `time` WIB. */
export type Entry = {
  readonly date: string;
  readonly time: string;
  readonly reference: string;
  readonly bank_reference: string;
  readonly account: string;
  readonly name: string;
  readonly amount_idr: bigint;
  readonly credit: boolean;
};
export type Day = {
  readonly date: string;
  readonly opening: bigint;
  readonly closing: bigint;
  entries: readonly Entry[];
};

/**
 * The bank's books. `apply` is the only way in, live and at a restart, so a bank that reads its log again has the same
 * books: lines are decided first, written, then applied.
 */
export type Ledger = {
  apply(line: BankLine): void;
  /** The lines of the orders that came together under this id; none: it is not known. */
  ofBulk(id: string): readonly BankLine[];
  usedExternalId(date: string, id: string): boolean;
  payment(reference: string): Payment | undefined;
  /** The response code with which the bank refused an order of this reference, when it accepted none. */
  declined(reference: string): string | undefined;
  balance(): bigint;
  day(date: string): Day;
  nextBankReference(): string;
};

/** Empty books with an opening balance in whole rupiah. */
export function newLedger(opening: bigint): Ledger {
  const externalIds = new Set<string>();
  const payments = new Map<string, Payment>();
  const bulks = new Map<string, BankLine[]>();
  const declined = new Map<string, string>();
  const days = new Map<string, { entries: Entry[]; net: bigint }>();
  let balance = opening;
  let sequence = 0;

  const book = (entry: Entry): void => {
    const day = days.get(entry.date) ?? { entries: [], net: 0n };
    days.set(entry.date, day);
    day.entries.push(entry);
    const signed = entry.credit ? entry.amount_idr : -entry.amount_idr;
    day.net += signed;
    balance += signed;
  };

  const keep = (id: string, line: BankLine): void => {
    const lines = bulks.get(id) ?? [];
    bulks.set(id, lines);
    lines.push(line);
  };

  return {
    apply(line) {
      if (line.value_date === undefined) return;
      externalIds.add(`${line.value_date}:${line.external_id}`);
      if (line.bulk_id !== undefined) keep(line.bulk_id, line);
      if (line.bank_reference !== undefined) {
        sequence = Math.max(sequence, Number(line.bank_reference.slice(4)));
        const payment = { value_time: '00:00:00', inquiries: 0, ...line } as Payment;
        if (line.effect !== 'second_debit') payments.set(line.reference, payment);
        for (const entry of entriesOf(payment)) book(entry);
      } else if (PAYMENTS.has(line.service)) {
        const code = line.code ?? line.answer;
        if (/^40[34]/.test(code)) declined.set(line.reference, code);
      }
    },
    ofBulk: (id) => bulks.get(id) ?? [],
    usedExternalId: (date, id) => externalIds.has(`${date}:${id}`),
    payment: (reference) => payments.get(reference),
    declined: (reference) => declined.get(reference),
    balance: () => balance,
    day(date) {
      let start = opening;
      for (const [other, { net }] of days) if (other < date) start += net;
      const { entries, net } = days.get(date) ?? { entries: [], net: 0n };
      return { date, opening: start, closing: start + net, entries };
    },
    nextBankReference() {
      sequence += 1;
      return `BNIS${String(sequence).padStart(12, '0')}`;
    },
  };
}

/** What an accepted payment does to the books, its effect (a planted error of the bank) included. */
function entriesOf(payment: Payment): Entry[] {
  const { effect, effect_value = '' } = payment;
  if (!payment.debited || effect === 'off_statement') return [];
  const debit: Entry = {
    date: effect === 'late' ? addDays(payment.value_date, Number(effect_value) || LATE_DAYS) : payment.value_date,
    time: payment.value_time,
    reference: payment.reference,
    bank_reference: payment.bank_reference,
    account: effect === 'wrong_payee' ? effect_value || WRONG_PAYEE : payment.account,
    name: payment.name ?? '',
    amount_idr: effect === 'wrong_amount' ? BigInt(effect_value || '1') : BigInt(payment.amount_idr),
    credit: false,
  };
  // A second debit comes back only where the fault says after how many days.
  const comesBack = effect === 'returned' || (effect === 'second_debit' && effect_value !== '');
  if (!comesBack) return [debit];
  return [debit, { ...debit, date: returnDate(payment), credit: true }];
}

/** The day on which a returned payment, or a second debit, comes back. */
export function returnDate(payment: Payment): string {
  return addDays(payment.value_date, Number(payment.effect_value) || RETURN_DAYS);
}

/** Applies every line of an earlier run's log; a torn last line (a full disk) is passed over. */
export async function replay(ledger: Ledger, path: string): Promise<void> {
  if (!existsSync(path)) return;
  for await (const text of createInterface({ input: createReadStream(path) })) {
    const line = parseLine(text);
    if (line !== undefined) ledger.apply(line);
  }
}

function parseLine(text: string): BankLine | undefined {
  try {
    return JSON.parse(text) as BankLine;
  } catch {
    return undefined;
  }
}
