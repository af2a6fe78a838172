import pLimit from 'p-limit';
import { createBatcher } from '../../jobs/batcher.ts';
import { decideStatus, type Finding, mayResend } from './answers.ts';
import { type BankClient, serviceOf } from './client.ts';
import { stepsTo } from './states.ts';
import { type BankNews, intendCalls, keepNews, move, type UnknownOrder } from './store.ts';
import { payeeOf, sendOne } from './submit.ts';

type Db = Parameters<typeof keepNews>[0];

interface Context {
  readonly now: Date;
  readonly signal: AbortSignal;
}

const CALLS_AT_ONCE = 8;

/**
 * Asks the bank what became of unknown orders. One that the bank does not know goes out again, with the same reference,
 * only when the statement of that day agrees (contract, section 7); until then it stays unknown.
 */
export async function resolveOrders(
  db: Db,
  orders: readonly UnknownOrder[],
  bank: BankClient,
  { now, signal }: Context,
): Promise<void> {
  if (orders.length === 0) return;
  const externalIds = await intendCalls(
    db,
    orders.map((order) => order.reference),
    'status',
    now,
  );
  const news = createBatcher<BankNews>((items) => keepNews(db, items, now));
  const limit = pLimit(CALLS_AT_ONCE);
  const resolve = async (order: UnknownOrder) => {
    signal.throwIfAborted();
    const service = serviceOf(payeeOf(order));
    const externalId = externalIds.get(order.reference) as string;
    const reply = await bank.status({ reference: order.reference, service, externalId });
    const { finding, why, bankReference } = decideStatus(
      { reference: order.reference, amountIdr: BigInt(order.amountIdr) },
      reply,
    );
    const { instalmentId, reference } = order;
    const steps = finding !== 'not_found' && finding !== 'unknown' ? (stepsTo('unknown', finding) ?? []) : [];
    news.add({
      instalmentId,
      reference,
      externalId,
      answer: why,
      bankReference,
      steps,
      reason: reasonOf(finding, why),
    });
    if (!mayResend({ finding, statementCoversTries: order.covered, onStatement: order.onStatement })) return;
    await news.flush();
    if ((await move(db, ['unknown'], [{ instalmentId, to: 'submitting', reason: '' }], now)) === 0) return;
    const id = (await intendCalls(db, [reference], 'transfer', now)).get(reference) as string;
    await sendOne({ db, bank, news, now }, order, id, true);
  };
  try {
    await Promise.all(orders.map((order) => limit(resolve, order)));
  } finally {
    limit.clearQueue();
    await news.flush();
  }
}

function reasonOf(finding: Finding, why: string): string {
  if (finding === 'paid' || finding === 'accepted') return '';
  if (finding === 'rejected' || finding === 'returned') return `bank_${finding} ${why}`;
  return why;
}
