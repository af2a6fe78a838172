import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A replacement in one file; `find` must stand there exactly once, so that a bug cannot quietly stop being planted. */
export interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const chunk = (stage: string, rows: string, few: number): Change => ({
  file: 'jobs/stages.ts',
  find: `${stage}: { chunk_rows_max: ${rows},`,
  replace: `${stage}: { chunk_rows_max: ${few},`,
});

/** Numbers, and nothing else, that give a small country many chunks. */
export const smallChunks: readonly Change[] = [
  chunk('email', '4_000', 8),
  chunk('dukcapil', '3_000', 8),
  chunk('layer3', '4_000', 8),
  chunk('payout', '50', 3),
  { file: 'workers/payout/turns.ts', find: 'const ORDERS_AT_ONCE = 8;', replace: 'const ORDERS_AT_ONCE = 2;' },
];

/** Faults that the harness must find, or it proves nothing. They exist only in copies of the program. */
export const bugs: Readonly<Record<string, readonly Change[]>> = {
  'fence-not-checked': [
    {
      file: 'workers/runtime/executor.ts',
      find: 'if (!(await holdFence(tx, chunk))) throw new LeaseLost();',
      replace: 'await holdFence(tx, chunk);',
    },
  ],
  'enqueue-before-commit': [
    {
      file: 'workers/runtime/executor.ts',
      find: 'await complete(tx, chunk, counts);',
      replace: 'await complete(tx, chunk, counts);\n      await early(tx);',
    },
    {
      file: 'workers/runtime/executor.ts',
      find: 'class LeaseLost extends Error {}',
      replace:
        'class LeaseLost extends Error {}\nlet early: (tx: Tx) => Promise<unknown> = async () => undefined;\nexport function enqueueEarly(how: typeof early) { early = how; }',
    },
    {
      file: 'workers/runtime/worker.ts',
      find: 'const dispatcher = createDispatcher(office, queues);',
      replace: 'const dispatcher = createDispatcher(office, queues);\n  enqueueEarly((tx) => dispatch(tx, queues));',
    },
    {
      file: 'workers/runtime/worker.ts',
      find: 'import { type Executed, execute } from',
      replace: 'import { type Executed, enqueueEarly, execute } from',
    },
  ],
  'no-sweeper': [
    {
      file: 'workers/runtime/worker.ts',
      find: 'const sweeping = keepSweeping(office, stopping.signal);',
      replace: 'const sweeping = Promise.resolve(keepSweeping).then(() => undefined);',
    },
  ],
  'no-intent-before-the-send': [
    {
      file: 'workers/payout/stage.ts',
      find: "work.kind === 'submit' ? order(db, work, work.turns[0]) : []",
      replace: '[]',
    },
    {
      file: 'workers/payout/stage.ts',
      find: "if (work.kind === 'submit') await sendInTurns(db, work, orders ?? [], client, context, order);",
      replace: `if (work.kind === 'submit') {
        const payable = work.rows.filter((row) => row.state === 'released' && row.account);
        const payee = (row) => ({ bankCode: '009', accountNumber: row.account.accountNumber, holderName: row.account.holderName });
        for (const row of payable)
          await client.transfer({ ...payee(row), reference: paymentReference({ ...row, orderNumber: row.orderNumber + 1 }), amountIdr: BigInt(row.amountIdr),
            orderedAt: now(), externalId: String(Math.random()).slice(2, 14) });
        const made = await intendOrders(db, payable, now());
        await move(db, ['submitting'], made.map(({ instalmentId }) => ({ instalmentId, to: 'accepted', reason: '' })), now());
      }`,
    },
    {
      file: 'workers/payout/stage.ts',
      find: "import { resolveOrders } from './resolve.ts';",
      replace: "import { resolveOrders } from './resolve.ts';\nimport { paymentReference } from '../../jobs/ids.ts';",
    },
  ],
  'reference-made-after-the-send': [
    {
      file: 'workers/payout/client.ts',
      find: "partnerReferenceNo: order.reference,\n    amount: { value: snapAmount(order.amountIdr), currency: 'IDR' },\n    beneficiaryAccountName",
      replace:
        "partnerReferenceNo: Math.random().toString(36).slice(2, 14).toUpperCase(),\n    amount: { value: snapAmount(order.amountIdr), currency: 'IDR' },\n    beneficiaryAccountName",
    },
  ],
};

/** What a copy needs to run. */
const COPIED = [
  'db',
  'jobs',
  'scripts',
  'sim',
  'test/crash',
  'test/helpers',
  'web',
  'workers',
  'package.json',
  'tsconfig.json',
];

/**
 * Copies the program into `dir` with changes made; the dependencies are the checkout's own. Returns `dir`.
 * @throws when a change's place is not there exactly once
 */
export function copyProgram(dir: string, changes: readonly Change[]): string {
  rmSync(dir, { recursive: true, force: true });
  for (const part of COPIED) {
    mkdirSync(dirname(join(dir, part)), { recursive: true });
    cpSync(join(ROOT, part), join(dir, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  for (const { file, find, replace } of changes) {
    const text = readFileSync(join(dir, file), 'utf8');
    if (!hasPlace(text, find)) throw new Error(`${file}: "${find}" must stand there once`);
    writeFileSync(
      join(dir, file),
      text.replace(find, () => replace),
    );
  }
  return dir;
}

function hasPlace(text: string, find: string): boolean {
  return text.split(find).length === 2;
}

/** Changes whose place is not in the program, or more than once: the program was rewritten around them. */
export function misplaced(changes: readonly Change[]): string[] {
  const lost = changes.filter(({ file, find }) => !hasPlace(readFileSync(join(ROOT, file), 'utf8'), find));
  return lost.map(({ file, find }) => `${file}: ${find}`);
}
