import { refuse } from '../../../jobs/errors.ts';
import { isDate } from '../../../jobs/time.ts';
import { type Exact, parseGrouped, wholeRupiah } from './amount.ts';
import { type CsvRecord, csvRecords } from './csv.ts';
import { findReturnReason } from './return-reason.ts';
import {
  findReference,
  type StatementLine,
  type StatementReader,
  type UnreadableLine,
  unreadable,
} from './statement.ts';
import { createTally, type StatementHead, startOf } from './tally.ts';

export const BNI_COLUMNS = [
  'Post Date',
  'Value Date',
  'Branch',
  'Journal No.',
  'Description',
  'Debit',
  'Credit',
] as const;

interface Row {
  readonly line: number;
  readonly posted: string;
  readonly valued: string;
  readonly journal: string;
  readonly description: string;
  readonly debit: string;
  readonly credit: string;
}

/**
 * BNI's CSV export. It has no balances of its own: an export whose first row is `SALDO AWAL` and whose last is
 * `SALDO AKHIR` (balance in Credit, an overdraft in Debit) is checked, another has none. No account number either.
 */
export const readBniCsv: StatementReader = async function* (stream) {
  const tally = createTally();
  let head: StatementHead = NO_HEAD;
  let headerSeen = false;
  let started = false;
  let closed = false;
  for await (const record of csvRecords(stream)) {
    if (!headerSeen) {
      requireHeader(record);
      headerSeen = true;
      continue;
    }
    if (closed) throw refuse(`line ${record.line}: there are rows after SALDO AKHIR`);
    const row = readRow(record);
    const balance = row === null ? null : balanceRow(row);
    if (balance?.which === 'opening') {
      if (started) throw refuse(`line ${record.line}: SALDO AWAL is not the first row`);
      head = { ...head, opening: balance.amount, from: balance.date };
    }
    if (!started) yield startOf(head);
    started = true;
    if (balance?.which === 'closing') {
      head = { ...head, closing: balance.amount, to: balance.date };
      closed = true;
    }
    if (balance !== null) continue;
    tally.entry(row === null ? null : signedAmount(row));
    const line = row === null ? unreadable(record.line, 'it does not have seven columns') : readLine(row);
    if (line.kind === 'line') tally.line(line.bookingDate);
    else tally.unreadable();
    yield line;
  }
  if (!headerSeen) throw refuse('the statement is empty');
  if (!started) yield startOf(head);
  yield tally.end(head);
};

const NO_HEAD: StatementHead = {
  account: null,
  statementId: null,
  from: null,
  to: null,
  currency: 'IDR',
  opening: null,
  closing: null,
};

function requireHeader({ fields }: CsvRecord): void {
  const names = fields.map((field) => field.trim());
  if (names.length === BNI_COLUMNS.length && BNI_COLUMNS.every((name, i) => name === names[i])) return;
  throw refuse(`not a BNI statement: its first line is not "${BNI_COLUMNS.join(',')}"`);
}

function readRow({ line, fields }: CsvRecord): Row | null {
  if (fields.length !== BNI_COLUMNS.length) return null;
  const [posted, valued, , journal, description, debit, credit] = fields.map((field) => field.trim()) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return { line, posted, valued, journal, description, debit, credit };
}

function balanceRow(row: Row): { which: 'opening' | 'closing'; amount: Exact; date: string | null } | null {
  if (row.description !== 'SALDO AWAL' && row.description !== 'SALDO AKHIR') return null;
  // A balance of nothing is "0.00" in both columns.
  const amount = signedAmount(row) ?? (isNothing(row.debit) && isNothing(row.credit) ? 0n : null);
  if (amount === null) throw refuse(`line ${row.line}: the amount of ${row.description} cannot be read`);
  return { which: row.description === 'SALDO AWAL' ? 'opening' : 'closing', amount, date: readDate(row.posted) };
}

/** Credit less debit; null unless exactly one of the two columns has an amount. */
function signedAmount(row: Row): Exact | null {
  const debit = isNothing(row.debit) ? 0n : parseGrouped(row.debit);
  const credit = isNothing(row.credit) ? 0n : parseGrouped(row.credit);
  if (debit === undefined || credit === undefined || (debit === 0n) === (credit === 0n)) return null;
  return credit - debit;
}

function isNothing(amount: string): boolean {
  return amount === '' || amount === '.00' || amount === '0.00' || amount === '0';
}

function readLine(row: Row): StatementLine | UnreadableLine {
  const signed = signedAmount(row);
  if (signed === null) return unreadable(row.line, 'not exactly one of Debit and Credit is an amount');
  const amountIdr = wholeRupiah(signed < 0n ? -signed : signed);
  if (amountIdr === null) return unreadable(row.line, 'its amount has sen');
  const bookingDate = readDate(row.posted);
  if (bookingDate === null) return unreadable(row.line, 'its Post Date cannot be read');
  const found = findReference(row.description);
  if (found.kind === 'several') return unreadable(row.line, 'it names several of our references');
  const direction = signed < 0n ? 'debit' : 'credit';
  const payee = readPayee(row.description);
  return {
    kind: 'line',
    lineNumber: row.line,
    bookingDate,
    valueDate: readDate(row.valued),
    amountIdr,
    direction,
    reference: found.kind === 'one' ? found.reference : null,
    bulkId: null,
    counterpartyName: payee.name,
    counterpartyAccount: payee.account,
    bankReference: row.journal === '' ? null : row.journal,
    returnReason: direction === 'credit' ? findReturnReason(row.description) : null,
    description: row.description,
  };
}

/** `TRF/reference/account/name` or `RETUR/…`: the one shape of description in which the payee's place is certain. */
function readPayee(description: string): { account: string | null; name: string | null } {
  const match = /^(?:TRF|RETUR)\/[^/]*\/([^/]*)\/(.*)$/.exec(description);
  return { account: match?.[1]?.trim() || null, name: match?.[2]?.trim() || null };
}

/** `DD/MM/YY HH.MM.SS` or `DD/MM/YY`; years are of this century. Null: impossible. */
function readDate(text: string): string | null {
  const match = /^(\d{2})\/(\d{2})\/(\d{2})(?: ([01]\d|2[0-3])\.[0-5]\d\.[0-5]\d)?$/.exec(text);
  if (!match) return null;
  const date = `20${match[3]}-${match[2]}-${match[1]}`;
  return isDate(date) ? date : null;
}
