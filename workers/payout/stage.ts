import { type Chunk, type Counts, noCounts } from '../../jobs/chunk.ts';
import { fail } from '../../jobs/errors.ts';
import type { ChunkStage } from '../../jobs/stage.ts';
import { bulksOf, sendBulks } from './bulk.ts';
import type { Context } from './calls.ts';
import { type BankClient, createBankClient } from './client.ts';
import { accountReason } from './due.ts';
import { askAccounts } from './inquire.ts';
import { resolveOrders } from './resolve.ts';
import { heldFor, type Screen } from './screen.ts';
import { createSignIn } from './sign-in.ts';
import {
  countStates,
  idsOf,
  intendOrders,
  loadToAsk,
  loadToSend,
  loadUnknown,
  move,
  type Order,
  type PayeeAccount,
  type ToAsk,
  type ToSend,
  type UnknownOrder,
} from './store.ts';
import { sendOrders } from './submit.ts';
import { turnsOf } from './turns.ts';

export type BankSettings = Omit<Parameters<typeof createBankClient>[0], 'now' | 'timeout_ms'>;

/** What the executor hands out; its time is that of the chunk's beginning, and the stage asks its own clock instead. */
interface Handed {
  readonly signal: AbortSignal;
}

/** A chunk of a run, and in which turns it is ordered and sent. */
interface Submission {
  readonly kind: 'submit';
  readonly run: string;
  readonly rows: readonly ToSend[];
  /** Its orders go many in one call. */
  readonly bulk: boolean;
  readonly turns: readonly (readonly ToSend[])[];
}
type Work =
  | { readonly kind: 'inquire'; readonly rows: readonly ToAsk[] }
  | Submission
  | { readonly kind: 'resolve'; readonly rows: readonly UnknownOrder[] };
type Db = Parameters<typeof loadToSend>[0];
type Tx = Parameters<typeof countStates>[0];
interface Stage extends ChunkStage<Db, Tx, Handed, Work, readonly Order[], void, Work> {
  /** @throws GiveUpTurn when the bank does not let us in: nothing could be sent */
  signIn(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The payout stage. A chunk's subject says what it does: `inquire:RUN` asks whose the accounts are, `submit:RUN` sends,
 * `resolve` asks about what is unknown.
 */
export function createPayoutStage(settings: BankSettings | undefined, now: () => Date, screened: Screen): Stage {
  const bank = settings && createBankClient({ ...settings, now });
  const signIn = bank ? createSignIn(bank) : async () => noBank();
  const order = async (db: Db, { bulk }: Submission, turn: readonly ToSend[] = []) => {
    if (turn.length > 0) await signIn();
    return intend(db, turn, bulk, now(), screened);
  };
  return {
    kind: 'chunk',
    name: 'payout',
    // Asked for first: nothing is ordered that this process could not send.
    load: (db, chunk) => (bank ? load(db, chunk, now()) : noBank()),
    intend: async (db, _chunk, work) => (work.kind === 'submit' ? order(db, work, work.turns[0]) : []),
    async ask(db, work, orders, { signal }) {
      const context = { now, signal };
      const client = bank ?? noBank();
      if (work.kind === 'inquire') await askAccounts(db, work.rows, client, context);
      else if (work.kind === 'submit') await sendInTurns(db, work, orders ?? [], client, context, order);
      else await resolveOrders(db, work.rows, client, context, screened);
    },
    decide: (work) => work,
    save: (tx, _chunk, work) => save(tx, work, now()),
    park: (tx, chunk) => park(tx, chunk, now()),
    signIn,
    close: async () => bank?.close(),
  };
}

function noBank(): never {
  throw fail('BANK_URL is not set: payouts can be prepared and released, not submitted');
}

async function load(db: Db, chunk: Chunk, now: Date): Promise<Work> {
  const [kind, run] = chunk.subject?.split(':') ?? [];
  if (kind === 'resolve') return { kind, rows: await loadUnknown(db, chunk, now) };
  if (kind === 'inquire') {
    const accounts = await loadToAsk(db, chunk, run as string, now);
    // Whoever is held for what they linked is not asked about.
    const inOrder = accounts.filter((account) => accountReason(account.nik, { ...account, linkedAt: now }) === null);
    return { kind, rows: inOrder };
  }
  const rows = await loadToSend(db, chunk, run as string, now);
  const bulk = rows.some((row) => row.bulk);
  return { kind: 'submit', run: run as string, rows, bulk, turns: turnsOf(rows, bulk) };
}

/** Sends what was ordered first, then turn by turn orders and sends the others, each read anew: their run may be stopped, they may be held or on a list by now. */
async function sendInTurns(
  db: Db,
  work: Submission,
  first: readonly Order[],
  bank: BankClient,
  context: Context,
  order: (db: Db, work: Submission, turn: readonly ToSend[]) => Promise<readonly Order[]>,
): Promise<void> {
  const send = work.bulk ? sendBulks : sendOrders;
  await send(db, work.run, first, bank, context);
  for (const turn of work.turns.slice(1)) {
    context.signal.throwIfAborted();
    const ids = new Set(turn.map(({ instalmentId }) => instalmentId));
    const range = { lo: turn[0]?.instalmentId as string, hi: turn.at(-1)?.instalmentId as string };
    const rows = await loadToSend(db, range, work.run, context.now());
    const still = rows.filter(({ instalmentId, state }) => ids.has(instalmentId) && state === 'released');
    await send(db, work.run, await order(db, work, still), bank, context);
  }
}

/** Screens again just before paying (contract, section 7), then commits the orders of those who may be paid. */
async function intend(
  db: Db,
  released: readonly ToSend[],
  bulk: boolean,
  now: Date,
  screened: Screen,
): Promise<Order[]> {
  const judged = released.map((row) => ({ row, reason: heldFor(row, screened) }));
  const held = judged.flatMap(({ row, reason }) =>
    reason ? [{ instalmentId: row.instalmentId, to: 'held', reason }] : [],
  );
  await move(db, ['released'], held, now);
  const payable = judged.filter(({ reason }) => !reason).map(({ row }) => row as ToSend & { account: PayeeAccount });
  return intendOrders(db, payable, now, bulk ? bulksOf : undefined);
}

/** An instalment that fails is held for a person; one that may have been sent is `unknown`, as after a crash. */
async function park(tx: Tx, chunk: Chunk, now: Date): Promise<Counts> {
  // Nobody is held because we failed to ask about their account.
  if (isInquiry(chunk)) return { ...noCounts(), waiting: 1 };
  const ids = await idsOf(tx, chunk);
  const held = ids.map((instalmentId) => ({ instalmentId, to: 'held', reason: 'payout_error' }));
  await move(tx, ['released'], held, now);
  return settle(tx, ids, now);
}

function isInquiry({ subject }: Chunk): boolean {
  return subject?.startsWith('inquire:') ?? false;
}

async function save(tx: Tx, work: Work, now: Date): Promise<Counts> {
  // What the bank said is kept already; the chunk says how many were asked about.
  if (work.kind === 'inquire') return { ...noCounts(), passed: work.rows.length };
  const ids = work.rows.map((row) => row.instalmentId);
  return settle(tx, ids, now);
}

/** Whoever is still in `submitting` was not answered for: a crash there is `unknown`, never failed. */
async function settle(tx: Tx, ids: readonly string[], now: Date): Promise<Counts> {
  const unanswered = ids.map((instalmentId) => ({ instalmentId, to: 'unknown', reason: 'no_answer' }));
  await move(tx, ['submitting'], unanswered, now);
  const states = await countStates(tx, ids);
  const count = (...names: string[]) => names.reduce((sum, name) => sum + (states.get(name) ?? 0), 0);
  return {
    passed: count('accepted', 'paid'),
    rejected: count('rejected', 'returned'),
    waiting: count('unknown', 'released', 'prepared', 'due'),
    parked: count('held'),
  };
}
