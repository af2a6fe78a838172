import { type Exact, wholeRupiah } from './amount.ts';
import { type NumberStyle, readMoney } from './number-style.ts';
import { asField, findOurs, isNothing } from './our-ids.ts';
import { payeeIn } from './payee.ts';
import { returnReasonIn } from './return-reason.ts';
import { type StatementLine, type UnreadableLine, unreadable, withSen } from './statement.ts';

/** What a row of a CSV says, before it is known to be readable. */
export interface RowFacts {
  readonly line: number;
  /** Null: impossible, or in a form that is not known. */
  readonly bookingDate: string | null;
  readonly valueDate: string | null;
  /** Credit is positive; null: not exactly one of debit and credit is an amount. */
  readonly signed: Exact | null;
  readonly description: string;
  readonly bankReference: string;
}

/** The line that a row is; what cannot be read without guessing is unreadable. */
export function csvLine(row: RowFacts): StatementLine | UnreadableLine {
  const { line, signed, bookingDate, description } = row;
  if (signed === null) return unreadable(line, 'not exactly one of debit and credit is an amount');
  const amountIdr = wholeRupiah(signed < 0n ? -signed : signed);
  if (bookingDate === null) return unreadable(line, 'its date cannot be read');
  const ours = findOurs([description], [asField(row.bankReference)]);
  if (ours.kind === 'several') return unreadable(line, ours.why);
  if (amountIdr === null) return withSen(line, isNothing(ours));
  const direction = signed < 0n ? 'debit' : 'credit';
  const payee = payeeIn(description);
  return {
    kind: 'line',
    lineNumber: line,
    bookingDate,
    valueDate: row.valueDate,
    amountIdr,
    direction,
    reference: ours.reference,
    bulkId: ours.bulkId,
    counterpartyName: payee.name,
    counterpartyAccount: payee.account,
    bankReference: row.bankReference === '' ? null : row.bankReference,
    returnReason: direction === 'credit' ? returnReasonIn(description, false, !isNothing(ours)) : null,
    description,
  };
}

/** Credit less debit of two columns; null unless exactly one of them is a positive amount. */
export function signedColumns(debit: string, credit: string, style: NumberStyle): Exact | null {
  const [out, into] = [unsigned(debit, style), unsigned(credit, style)];
  if (out === null || into === null || (out === 0n) === (into === 0n)) return null;
  return into - out;
}

/** A balance; overdrawn with a minus or `DB`. Null: the cell has none. */
export function signedBalance(text: string, style: NumberStyle): Exact | null {
  const money = readMoney(text, style);
  if (money === undefined || (money.amount < 0n && money.mark !== '')) return null;
  return money.mark === 'DB' ? -money.amount : money.amount;
}

/** An empty cell and a dash are nothing; null: no amount, a negative one, or one with a direction of its own. */
function unsigned(text: string, style: NumberStyle): Exact | null {
  if (text === '' || text === '-') return 0n;
  const money = readMoney(text, style);
  return money === undefined || money.amount < 0n || money.mark !== '' ? null : money.amount;
}
