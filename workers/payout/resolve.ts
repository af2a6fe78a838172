import { decideStatus, mayResend, type StatusDecision } from './answers.ts';
import { type Context, callEach, type Db, orderCalls } from './calls.ts';
import { type BankClient, bulkServiceOf, serviceOf } from './client.ts';
import { barredFor, type Screen } from './screen.ts';
import { stepsTo } from './states.ts';
import { intendCalls, move, type UnknownOrder } from './store.ts';
import { payeeOf, sendOne } from './submit.ts';

/**
 * Asks the bank what became of unknown orders. One that the bank does not know goes out again, with the same reference,
 * only when the statement of that day agrees (contract, section 7), and the person is screened once more; until then it
 * stays unknown.
 */
export function resolveOrders(
  db: Db,
  orders: readonly UnknownOrder[],
  bank: BankClient,
  context: Context,
  screened: Screen,
): Promise<void> {
  const { now, signal } = context;
  return callEach(orders, orderCalls<UnknownOrder>(db, 'status', now), signal, async (order, externalId, news) => {
    const { instalmentId, reference, amountIdr } = order;
    const payee = payeeOf(order);
    const service = order.bulk ? bulkServiceOf(payee) : serviceOf(payee);
    const reply = await bank.status({ reference, service, externalId });
    const decision = decideStatus({ reference, amountIdr: BigInt(amountIdr) }, reply);
    const { finding, why, bankReference } = decision;
    const steps = finding !== 'not_found' && finding !== 'unknown' ? (stepsTo(order.state, finding) ?? []) : [];
    news.add({ instalmentId, reference, externalId, answer: why, bankReference, steps, reason: reasonOf(decision) });
    if (order.state !== 'unknown') return;
    if (!mayResend({ finding, statementCoversTries: order.covered, onStatement: order.onStatement })) return;
    await news.flush();
    // It certainly never arrived: what somebody stopped, and who may not be paid any more, is not paid now.
    const reason = order.runStopped ? 'run_stopped' : barredFor(order, screened);
    if (reason !== undefined) {
      await move(db, ['unknown'], [{ instalmentId, reference, to: 'held', reason }], now);
      return;
    }
    if ((await move(db, ['unknown'], [{ instalmentId, to: 'submitting', reason: '' }], now)) === 0) return;
    const id = (await intendCalls(db, [reference], 'transfer', now)).get(reference);
    if (id !== undefined) await sendOne({ db, bank, news, now }, order, id, true);
  });
}

function reasonOf({ finding, why, contradiction }: StatusDecision): string {
  if (contradiction) return `contradiction ${why}`;
  if (finding === 'paid' || finding === 'accepted') return '';
  if (finding === 'rejected' || finding === 'returned') return `bank_${finding} ${why}`;
  return why;
}
