import { refuse } from '../../../jobs/errors.ts';
import { type Exact, wholeRupiah } from './amount.ts';
import { requireTotal } from './books.ts';
import { readDay } from './day.ts';
import { createFacts, type Facts, readCount, requireRupiah } from './facts.ts';
import { type NumberStyle, readMoney, styled } from './number-style.ts';
import { asField, findOurs } from './our-ids.ts';
import { findReturnCode, NO_REASON_GIVEN } from './return-reason.ts';
import { type StatementLine, type StatementReader, type UnreadableLine, unreadable } from './statement.ts';
import { type Cells, readTable, type TableEvent } from './table.ts';
import { createTally, type StatementHead, startOf } from './tally.ts';
import {
  WALLET,
  WALLET_SUMS,
  type WalletKey,
  type WalletLabel,
  type WalletStatus,
  walletStatusOf,
} from './wallet-layout.ts';

interface Row {
  readonly status: WalletStatus | null;
  readonly amount: Exact | null;
  readonly day: string | null;
  /** Null: no money moved. */
  readonly event: StatementLine | UnreadableLine | null;
}

/**
 * One row per payout. SETTLED is money that left, REVERSED money that came back; FAILED and PENDING moved none and yield no
 * line. The amount is the gross one: the fee is the programme's, not the payee's. There is no balance: where `Total` stands
 * it must be what was settled less what was reversed; without it nothing proves that the report is whole, and its rows are
 * facts all the same. Without a status they are not: a list of all payouts looks like one of those that were settled.
 */
export const readWalletCsv: StatementReader = async function* (stream) {
  const facts = createFacts<WalletLabel>();
  const report = createReport();
  let started = false;
  for await (const { event, style } of styled(readTable(stream, WALLET), numbersOf)) {
    if (event.kind === 'label') {
      const values = event.cells === null || event.label === 'records' ? event.values : [event.cells.gross];
      facts.add(event.label, { line: event.line, values, style });
      continue;
    }
    if (!started) yield startOf(headOf(facts));
    started = true;
    const row =
      event.kind === 'row' ? readRow(event.cells, event.line, style) : notReadable(unreadable(event.line, event.why));
    report.take(row);
    if (row.event !== null) yield row.event;
  }
  if (!started) yield startOf(headOf(facts));
  yield report.end(facts);
};

function numbersOf(event: TableEvent<WalletKey, WalletLabel>): readonly string[] {
  if (event.kind === 'row' || (event.kind === 'label' && event.cells !== null))
    return event.cells === null ? [] : [event.cells.gross, event.cells.fee];
  const isSum = event.kind === 'label' && (WALLET_SUMS as readonly WalletLabel[]).includes(event.label);
  return isSum ? event.values : [];
}

function headOf(facts: Facts<WalletLabel>): StatementHead {
  requireRupiah(facts.text('currency'));
  const period = facts.period('period');
  const days = { from: period?.from ?? null, to: period?.to ?? null };
  return { account: facts.text('account'), statementId: null, ...days, currency: 'IDR', opening: null, closing: null };
}

function notReadable(event: UnreadableLine): Row {
  return { status: null, amount: null, day: null, event };
}

function readRow(cells: Cells<WalletKey>, line: number, style: NumberStyle): Row {
  requireRupiah(cells.currency || null);
  const status = walletStatusOf(cells.status);
  const money = readMoney(cells.gross, style);
  const amount = money === undefined || money.mark !== '' ? null : unsigned(money.amount, status);
  const day = readDay(cells.settledAt);
  if (status === null) return notReadable(unreadable(line, 'its status is not one that is known'));
  const event = status === 'failed' || status === 'pending' ? null : lineOf(cells, { line, status, amount, day });
  return { status, amount, day, event };
}

/** Some reports write what came back with a minus. */
function unsigned(amount: Exact, status: WalletStatus | null): Exact | null {
  if (amount < 0n && status !== 'reversed') return null;
  return amount < 0n ? -amount : amount;
}

function lineOf(
  cells: Cells<WalletKey>,
  { line, status, amount, day }: { line: number; status: WalletStatus; amount: Exact | null; day: string | null },
): StatementLine | UnreadableLine {
  const amountIdr = amount === null ? null : wholeRupiah(amount);
  if (amountIdr === null) return unreadable(line, 'its amount cannot be read, or has sen');
  if (day === null) return unreadable(line, 'its settlement time cannot be read');
  const batch = asField(cells.batch);
  const ours = findOurs([asField(cells.reference), cells.reason, batch], [cells.ids]);
  if (ours.kind === 'several') return unreadable(line, ours.why);
  return {
    kind: 'line',
    lineNumber: line,
    bookingDate: day,
    valueDate: null,
    amountIdr,
    direction: status === 'reversed' ? 'credit' : 'debit',
    reference: ours.reference,
    bulkId: batch || ours.bulkId,
    counterpartyName: cells.name === '' ? null : cells.name,
    counterpartyAccount: cells.account.replace(/^'/, '') || null,
    bankReference: cells.id === '' ? null : cells.id,
    returnReason: status === 'reversed' ? (findReturnCode(cells.reason) ?? NO_REASON_GIVEN) : null,
    description: [cells.reference, cells.reason].filter((text) => text !== '').join(' '),
  };
}

/** Sums of one report, by status. */
function createReport() {
  const tally = createTally();
  const sums: Record<WalletStatus, { amount: Exact; count: number }> = {
    settled: { amount: 0n, count: 0 },
    reversed: { amount: 0n, count: 0 },
    failed: { amount: 0n, count: 0 },
    pending: { amount: 0n, count: 0 },
  };
  let first: string | null = null;
  let last: string | null = null;
  let known = true;
  let records = 0;
  return {
    take({ status, amount, day, event }: Row): void {
      records++;
      if (event === null) tally.notBooked();
      else if (event.kind === 'line') tally.line(event.bookingDate);
      else tally.unreadable();
      if (day !== null && (first === null || day < first)) first = day;
      if (day !== null && (last === null || day > last)) last = day;
      if (status === null || amount === null) {
        known &&= status === 'pending' || status === 'failed';
        return;
      }
      sums[status].amount += amount;
      sums[status].count++;
    },
    end(facts: Facts<WalletLabel>) {
      const amount = sums.settled.amount - sums.reversed.amount;
      if (known) {
        const total = facts.money('total');
        requireTotal('a total', total === null ? null : { amount: total, count: null }, { amount, count: records });
        for (const status of ['settled', 'reversed', 'failed'] as const)
          requireTotal(`a total ${status}`, facts.total(status), sums[status]);
      }
      const declared = facts.text('records');
      if (declared !== null && readCount(declared) !== records)
        throw refuse(
          `the report declares ${readCount(declared) ?? 'a number of'} records, but holds ${records}; ask for it again`,
        );
      const head = headOf(facts);
      return tally.end({ ...head, from: head.from ?? first, to: head.to ?? last });
    },
  };
}
