import type { Db } from '../db/connection.ts';
import { reconciliationTotals } from '../db/statement.ts';
import { unexplainedOrders } from '../db/unexplained.ts';
import { formatRupiah } from '../jobs/money.ts';
import { done, needsPerson, type Report } from './command.ts';

/** What was read, as far as the report tells of it. */
export interface Taken {
  readonly lines: number;
  /** Accounts, by their last four, from which no order is paid as far as is known. */
  readonly others: readonly string[];
  /** Accounts, by their last four, that have debited orders and are not the one that is configured. */
  readonly unexpected: readonly string[];
}

const NONE = { orders: 0, explainedIdr: '0', sentences: [], isNobodys: false };

type Totals = Awaited<ReturnType<typeof reconciliationTotals>>['totals'];

/** What a reconciliation came to. A person is needed while a break is open, or while a difference is nobody's. */
export async function reconciliationReport(db: Db, { lines, others, unexpected }: Taken): Promise<Report> {
  const { totals, openBreaks } = await reconciliationTotals(db);
  const open = Object.values(openBreaks).reduce((sum, n) => sum + n, 0);
  const equal = totals.ledger === totals.orders && totals.orders === totals.statement;
  const difference = equal ? NONE : open > 0 ? undefined : await explained(db, totals);
  const json = {
    lines,
    other_accounts: others,
    unexpected_accounts: unexpected,
    totals_idr: totals,
    totals_equal: equal,
    explained_idr: difference?.explainedIdr ?? null,
    unexplained_orders: difference?.orders ?? null,
    open_breaks: openBreaks,
  };
  const sentences = [
    `${lines} statement lines were read${lines === 0 ? ' (nothing new)' : ''}.`,
    `Paid: ledger ${rupiah(totals.ledger)}, orders ${rupiah(totals.orders)}, statements ${rupiah(totals.statement)}${equal ? ': the three agree.' : ': they differ.'}`,
    ...others.map(
      (account) =>
        `No order is paid from ${account}, as far as is known (BANK_SOURCE_ACCOUNT, and debits of ours seen so far): what is not on its statement may have been paid all the same.`,
    ),
    ...unexpected.map(
      (account) =>
        `Orders were debited from an account ending in ${account.slice(-4)}, which is not BANK_SOURCE_ACCOUNT: make sure that it is yours.`,
    ),
    ...(difference?.sentences ?? []),
  ];
  if (open === 0) return (difference?.isNobodys ? needsPerson : done)(json, ...sentences);
  const list = Object.entries(openBreaks).map(([type, n]) => `  ${String(n).padStart(8)} ${type}`);
  return needsPerson(
    json,
    ...sentences,
    `${open} breaks are open; "prakerja export breaks --out FILE" lists them:`,
    ...list,
  );
}

/** What people have explained of a difference when they closed breaks, and what nobody has. */
async function explained(db: Db, totals: Totals) {
  const { orders, idr, netIdr, from, to } = await unexplainedOrders(db);
  const explainedIdr = BigInt(totals.statement) - BigInt(totals.ledger) - BigInt(netIdr);
  const booksDiffer = totals.ledger !== totals.orders;
  const sentences = [
    ...(explainedIdr === 0n
      ? []
      : [
          `They differ by ${rupiah(String(explainedIdr).replace('-', ''))}, which people have explained when they closed breaks ("prakerja export breaks --out FILE").`,
        ]),
    ...(orders === 0
      ? []
      : [
          `${orders} orders of ${rupiah(idr)} stand on the bank's word alone until a statement shows them: fetch and reconcile the statements of ${from === to ? from : `${from} to ${to}`}, and of the days after.`,
        ]),
    ...(booksDiffer ? ['Ledger and orders differ, which no statement can explain: run "prakerja doctor".'] : []),
  ];
  return { orders, explainedIdr: String(explainedIdr), sentences, isNobodys: orders > 0 || booksDiffer };
}

function rupiah(amountIdr: string): string {
  return formatRupiah(BigInt(amountIdr));
}
