import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Change, copyProgram } from '../crash/bugs.ts';
import { smallNumbers } from '../crash/small.ts';
import { PATIENCE_MS } from './plan.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const patience: Change = {
  file: 'workers/payout/client.ts',
  find: 'const CALL_TIMEOUT_MS = 30_000;',
  replace: `const CALL_TIMEOUT_MS = ${PATIENCE_MS};`,
};

/** Numbers, and nothing else, that make a small town's money many chunks. */
export const smallMoney: readonly Change[] = [
  { file: 'jobs/stages.ts', find: 'payout: { chunk_rows_max: 50,', replace: 'payout: { chunk_rows_max: 3,' },
  { file: 'workers/payout/turns.ts', find: 'const ORDERS_AT_ONCE = 8;', replace: 'const ORDERS_AT_ONCE = 2;' },
  patience,
];
/** The same for processes, whose leases are short too. */
export const smallProcesses: readonly Change[] = [...smallNumbers, patience];

const movement = (pair: string, from: string, to: string): Change => ({
  file: 'db/instalments.ts',
  find: `  '${pair}': ['${from}', '${to}'],\n`,
  replace: '',
});

/** Faults that the harness must find, or it proves nothing. They exist only in copies of the program. */
export const moneyBugs: Readonly<Record<string, readonly Change[]>> = {
  'sent-again-without-the-statement': [
    {
      file: 'workers/payout/answers.ts',
      find: "evidence.finding === 'not_found' && evidence.statementCoversTries && !evidence.onStatement",
      replace: "evidence.finding === 'not_found'",
    },
  ],
  'sent-again-under-another-reference': [
    {
      file: 'workers/payout/resolve.ts',
      find: 'await sendOne({ db, bank, news, now }, order, id, true);',
      replace:
        "await sendOne({ db, bank, news, now }, { ...order, reference: reference.replace(/.$/, '0') }, id, true);",
    },
  ],
  'order-numbered-twice': [
    {
      file: 'db/orders.ts',
      find: 'set order_number = order_number + 1',
      replace: 'set order_number = order_number + 2',
    },
    { file: 'db/orders.ts', find: 'row.orderNumber + 1', replace: 'row.orderNumber + 2' },
  ],
  'return-not-booked': [movement('paid>returned', 'paid', 'returned')],
  'hold-keeps-the-money': [movement('released>held', 'programme', 'treasury')],
  'reconciliations-at-once': [
    { file: 'scripts/reconcile.ts', find: 'await oneReconciliationAtATime(tx);', replace: '' },
  ],
  'late-answer-overwrites': [
    {
      file: 'db/order-news.ts',
      find: "'accepted', 'paid'], moves, now)",
      replace: "'accepted', 'paid', 'returned', 'rejected', 'held'], moves, now)",
    },
    {
      file: 'db/instalments.ts',
      find: 'join instalment_transitions t on t.from_state = i.state and t.to_state = n.to_state',
      replace: '',
    },
    {
      file: 'db/migrations/0015-large-runs.sql',
      find: '(old.state <> new.state and not (old.state',
      replace: "(old.state = 'due' and old.state <> new.state and not (old.state",
    },
  ],
  'restore-not-marked': [
    {
      file: 'db/restore.ts',
      find: '  // Whoever makes an order waits, and then sees the restore.\n',
      replace: '  if (by) return { restore: 0, takenAt: now, chunks: 0, unknown: 0, days: [] };\n',
    },
  ],
  'statement-not-asked-for-new-orders': [
    {
      file: 'db/doubt.ts',
      find: 'select * from judged where shown or since is not null',
      replace: 'select * from judged where false',
    },
  ],
  'contradicting-statement-taken': [
    {
      file: 'workers/payout/statement/tally.ts',
      find: 'requireBalance(head, head.opening, sum, head.closing);',
      replace: 'known = true;',
    },
  ],
  'mismatch-settled': [
    {
      file: 'workers/payout/reconcile.ts',
      find: "const effect = changes ? (isBack ? 'returned' : 'paid') : 'none';",
      replace: "const effect = 'paid';",
    },
  ],
  'money-that-is-out-is-paid-again': [
    {
      file: 'workers/payout/reconcile.ts',
      find: 'const isBack = order.stillDebitedIdr <= 0n && (whole || order.debited);',
      replace: 'const isBack = true;',
    },
    {
      file: 'db/money-out.ts',
      find: 'export const MONEY_OUT = sql<boolean>`exists (',
      replace: 'export const MONEY_OUT = sql<boolean>`false and exists (',
    },
  ],
  'file-in-doubt-is-written': [
    {
      file: 'db/payout-files.ts',
      find: 'o.order_number = i.order_number and o.doubt_since is null and i.state not in',
      replace: 'o.order_number = i.order_number and i.state not in',
    },
  ],
  'bulk-of-another-sum-settled': [
    {
      file: 'workers/payout/reconcile.ts',
      find: "? { pays: 'all', breaks: [] } : { pays: 'none', breaks: ['amount_mismatch'] };",
      replace: "? { pays: 'all', breaks: [] } : { pays: 'open', breaks: [] };",
    },
  ],
  'duplicate-debit-not-seen': [
    {
      file: 'workers/payout/reconcile.ts',
      find: "  if (order.debited) return judgement('none', ['duplicate_debit', ...misdirected]);\n",
      replace: '',
    },
  ],
};

/**
 * Copies the program with this harness into `dir`, with changes made. Returns `dir`.
 * @throws when a change's place is not there exactly once
 */
export function copyWithMoney(dir: string, changes: readonly Change[]): string {
  copyProgram(dir, changes);
  cpSync(HERE, join(dir, 'test/money'), { recursive: true });
  return dir;
}
