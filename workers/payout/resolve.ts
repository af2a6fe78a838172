import { decideStatus, mayResend, type StatusDecision } from './answers.ts';
import { type Context, callEach, type Db, orderCalls } from './calls.ts';
import { type BankClient, bulkServiceOf, serviceOf } from './client.ts';
import { LATER_ORDER_LOST } from './our-faults.ts';
import { barredFor, type Screen } from './screen.ts';
import { type InstalmentState, stepsTo } from './states.ts';
import { intendCalls, move, type OrderInDoubt, stillUnknown, type Tx, type UnknownOrder } from './store.ts';
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
  const { now } = context;
  return callEach(orders, orderCalls<UnknownOrder>(db, 'status', now), context, async (order, externalId, news) => {
    const { instalmentId, reference, amountIdr } = order;
    const payee = payeeOf(order);
    const service = order.bulk ? bulkServiceOf(payee) : serviceOf(payee);
    const reply = await bank.status({ reference, service, externalId });
    const decision = decideStatus({ reference, amountIdr: BigInt(amountIdr) }, reply);
    const { finding, why, bankReference } = decision;
    const steps = finding !== 'not_found' && finding !== 'unknown' ? (stepsTo(order.state, finding) ?? []) : [];
    news.add({ instalmentId, reference, externalId, answer: why, bankReference, steps, reason: reasonOf(decision) });
    if (order.state !== 'unknown' || finding !== 'not_found') return;
    await news.flush();
    const id = await db.transaction().execute((tx) => intendAgain(tx, reference, screened, now()));
    if (id !== undefined) await sendOne({ db, bank, news, now }, order, id, true);
  });
}

/**
 * Decides about an order that the bank does not know, by what holds at this moment: much may have come while it was
 * asked. What certainly never arrived is written down as sent again, held, or at its end.
 * @returns the X-EXTERNAL-ID of its try; undefined: it is not sent
 */
async function intendAgain(tx: Tx, reference: string, screened: Screen, now: Date): Promise<string | undefined> {
  const order = await stillUnknown(tx, reference, now);
  if (order === undefined) return undefined;
  const { instalmentId, covered, onStatement } = order;
  if (!mayResend({ finding: 'not_found', statementCoversTries: covered, onStatement })) return undefined;
  const [to, reason] = nextOf(order, screened);
  await move(tx, ['unknown'], [{ instalmentId, reference, to, reason }], now);
  return to === 'submitting' ? (await intendCalls(tx, [reference], 'transfer', now)).get(reference) : undefined;
}

/**
 * What was paid by another order, what somebody stopped, and who may not be paid any more, is not paid now. Nor is it where
 * the bank has a later order of the same instalment: the next run makes that one again, under its reference, and it is asked about.
 */
function nextOf(order: OrderInDoubt, screened: Screen): readonly [to: InstalmentState, reason: string] {
  if (order.contradicted) return ['held', 'bank_contradiction'];
  if (order.laterOrderLost) return ['rejected', LATER_ORDER_LOST];
  const barred = order.runStopped ? 'run_stopped' : barredFor(order, screened);
  return barred === undefined ? ['submitting', ''] : ['held', barred];
}

function reasonOf({ finding, why, contradiction }: StatusDecision): string {
  if (contradiction) return `contradiction ${why}`;
  if (finding === 'paid' || finding === 'accepted') return '';
  if (finding === 'rejected' || finding === 'returned') return `bank_${finding} ${why}`;
  return why;
}
