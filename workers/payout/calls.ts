import pLimit from 'p-limit';
import { type Batcher, createBatcher } from '../../jobs/batcher.ts';
import { type BankNews, intendCalls, keepNews, type Order } from './store.ts';

export type Db = Parameters<typeof keepNews>[0];

export interface Context {
  readonly now: Date;
  readonly signal: AbortSignal;
}

const CALLS_AT_ONCE = 8;
/** A try that was written down longer ago is written down anew: a process that was frozen meanwhile may have lost the order. */
const FRESH_MS = 5_000;

/**
 * Makes one call to the bank about each order. Every try is written down before the first is made; answers are kept as
 * they come; calls that were begun end before this does, also when another failed or the process stops.
 * @throws the first error of a call, after that
 */
export async function callEach<T extends Order>(
  db: Db,
  orders: readonly T[],
  kind: 'transfer' | 'status',
  { now, signal }: Context,
  call: (order: T, externalId: string, news: Batcher<BankNews>) => Promise<void>,
): Promise<void> {
  if (orders.length === 0) return;
  const references = orders.map((order) => order.reference);
  const externalIds = await intendCalls(db, references, kind, now);
  const written_ms = performance.now();
  const news = createBatcher<BankNews>((items) => keepNews(db, items, now));
  const limit = pLimit(CALLS_AT_ONCE);
  const one = async (order: T) => {
    signal.throwIfAborted();
    const isFresh = performance.now() - written_ms < FRESH_MS;
    const ids = isFresh ? externalIds : await intendCalls(db, [order.reference], kind, now);
    const externalId = ids.get(order.reference);
    if (externalId !== undefined) await call(order, externalId, news);
  };
  const ended = await Promise.allSettled(orders.map((order) => limit(one, order)));
  await news.flush();
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
