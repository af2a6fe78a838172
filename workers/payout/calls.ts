import pLimit from 'p-limit';
import { type Batcher, createBatcher } from '../../jobs/batcher.ts';
import { type BankNews, intendCalls, keepNews, type Order } from './store.ts';

export type Db = Parameters<typeof keepNews>[0];

export interface Context {
  /** Asked at each try: a process may be frozen for days between two steps. */
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** How calls of a kind are written down. */
interface Calling<T, News> {
  /**
   * Writes a try of each down before it is made; its X-EXTERNAL-ID. A try of one that gets none must not be made.
   * @param earlier the try that was not made in time; who has written down another since makes that one
   */
  readonly intend: (items: readonly T[], earlier?: string) => Promise<ReadonlyMap<T, string>>;
  /** Keeps the bank's answers. */
  readonly keep: (news: readonly News[]) => Promise<void>;
}

/** Before every X-EXTERNAL-ID: what is sent first was not sent by anybody. */
const NONE = '0';
const CALLS_AT_ONCE = 8;
/** A try that was written down longer ago is written down anew: a process that was frozen meanwhile may have lost the order. */
const FRESH_MS = 5_000;

/**
 * Makes one call to the bank about each item. Every try is written down before the first is made; answers are kept as
 * they come; calls that were begun end before this does, also when another failed or the process stops.
 * @throws the first error of a call, after that
 */
export async function callEach<T, News>(
  items: readonly T[],
  { intend, keep }: Calling<T, News>,
  { now, signal }: Context,
  call: (item: T, externalId: string, news: Batcher<News>) => Promise<void>,
): Promise<void> {
  if (items.length === 0) return;
  const externalIds = await intend(items);
  const age = stopwatch(now);
  const news = createBatcher<News>(keep);
  const limit = pLimit(CALLS_AT_ONCE);
  const one = async (item: T) => {
    signal.throwIfAborted();
    const ours = externalIds.get(item);
    const externalId = ours === undefined || age() < FRESH_MS ? ours : (await intend([item], ours)).get(item);
    if (externalId !== undefined) await call(item, externalId, news);
  };
  const ended = await Promise.allSettled(items.map((item) => limit(one, item)));
  await news.flush();
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Milliseconds since now, by whichever clock says more: one stands still while the machine sleeps, the other can be set back. */
function stopwatch(now: () => Date): () => number {
  const [began_ms, began] = [performance.now(), now().getTime()];
  return () => Math.max(performance.now() - began_ms, now().getTime() - began);
}

/** Calls about orders: a try is known by its order's reference. */
export function orderCalls<T extends Order>(
  db: Db,
  kind: 'transfer' | 'status',
  now: () => Date,
): Calling<T, BankNews> {
  return {
    intend: async (orders, earlier) => {
      const references = orders.map((order) => order.reference);
      const ids = await intendCalls(db, references, kind, now(), earlier ?? NONE);
      return new Map(
        orders.flatMap((order) => {
          const id = ids.get(order.reference);
          return id === undefined ? [] : [[order, id] as const];
        }),
      );
    },
    keep: (news) => keepNews(db, news, now()),
  };
}
