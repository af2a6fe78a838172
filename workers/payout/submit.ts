import type { Batcher } from '../../jobs/batcher.ts';
import { decidePayment, type PaymentDecision } from './answers.ts';
import { bankCode } from './bank-codes.ts';
import { type Context, callEach, type Db, orderCalls } from './calls.ts';
import { type BankClient, type Payee, serviceOf } from './client.ts';
import { stepsTo } from './states.ts';
import { type BankNews, type Destination, intendCalls, type Order, stopForBank } from './store.ts';

/** Tries of one order in a row that the bank has certainly not taken; then it is `unknown` and asked about. */
export const TRIES_MAX = 3;

/** Sends orders that are committed in `submitting`. */
export function sendOrders(
  db: Db,
  run: string,
  orders: readonly Order[],
  bank: BankClient,
  context: Context,
): Promise<void> {
  const { now } = context;
  return callEach(orders, orderCalls(db, 'transfer', now), context, async (order, externalId, news) => {
    const decision = await sendOne({ db, bank, news, now }, order, externalId, false);
    if (decision.stopRun) await stopForBank(db, run);
  });
}

interface Sending {
  readonly db: Db;
  readonly bank: BankClient;
  readonly news: Batcher<BankNews>;
  readonly now: () => Date;
}

/** One order that is committed in `submitting`, tried again (same reference, new external id) only while the bank has certainly not taken it. */
export async function sendOne(
  { db, bank, news, now }: Sending,
  order: Order,
  firstExternalId: string,
  sentBefore: boolean,
): Promise<PaymentDecision> {
  const payee = payeeOf(order);
  let externalId = firstExternalId;
  for (let tries = 1; ; tries++) {
    const reply = await bank.transfer({
      ...payee,
      reference: order.reference,
      amountIdr: BigInt(order.amountIdr),
      orderedAt: order.orderedAt,
      externalId,
    });
    const sent = {
      reference: order.reference,
      amountIdr: BigInt(order.amountIdr),
      service: serviceOf(payee),
      sentBefore: sentBefore || tries > 1,
    };
    const decision = decidePayment(sent, reply);
    const again = decision.next === 'again' && tries < TRIES_MAX;
    const state = decision.state === 'submitting' ? 'unknown' : decision.state;
    news.add({
      instalmentId: order.instalmentId,
      reference: order.reference,
      externalId,
      answer: decision.why,
      bankReference: decision.bankReference,
      steps: again ? [] : (stepsTo('submitting', state) ?? []),
      reason: reasonOf(decision, state),
    });
    const next = again
      ? (await intendCalls(db, [order.reference], 'transfer', now(), externalId)).get(order.reference)
      : undefined;
    if (next === undefined) return { ...decision, stopRun: decision.stopRun && !again };
    externalId = next;
  }
}

export function payeeOf(to: Destination): Payee {
  const { accountNumber, holderName, provider, channel } = to;
  if (channel === 'ewallet') return { provider, accountNumber, holderName };
  return { bankCode: bankCode(provider), accountNumber, holderName };
}

function reasonOf({ contradiction, why }: PaymentDecision, state: string): string {
  if (contradiction) return `contradiction ${why}`;
  return state === 'accepted' ? '' : state === 'rejected' ? `bank_rejected ${why}` : why;
}
