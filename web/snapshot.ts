import { sql } from 'kysely';
import { funnel } from '../db/funnel.ts';
import { batchOverview, chunkOverview, heldReasons, openBreaks } from '../db/overview.ts';
import { payoutCounts } from '../db/payout.ts';
import { stageProgress } from '../db/progress.ts';
import { wibDate } from '../jobs/time.ts';
import type { Office } from '../workers/runtime/office.ts';
import { statusDocument } from '../workers/runtime/status.ts';

/** What the console needs of an office: it reads, and never opens a queue. */
export type ConsoleOffice = Pick<Office, 'db' | 'config' | 'log'>;

const STATEMENT_MS_MAX = 120_000;

/**
 * Every figure of the page, read in one read-only transaction, so that they belong to one moment: in is passed +
 * rejected + waiting + parked + undecided on the page too, while workers go on.
 */
export function readSnapshot({ db, config }: ConsoleOffice) {
  const transaction = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  return transaction.execute(async (tx) => {
    await sql`select set_config('statement_timeout', ${String(STATEMENT_MS_MAX)}, true)`.execute(tx);
    const now = config.now();
    return {
      at: new Date(),
      /** The rules' now, which PRAKERJA_NOW may have set to another day. */
      now,
      funnel: await funnel(tx, null, now),
      status: await statusDocument({ db: tx, config }),
      batches: await batchOverview(tx),
      payouts: await payoutCounts(tx),
      held: await heldReasons(tx),
      breaks: await openBreaks(tx, wibDate(now)),
      chunks: await chunkOverview(tx),
      progress: await stageProgress(tx),
    };
  });
}

export type Snapshot = Awaited<ReturnType<typeof readSnapshot>>;

const FRESH_MS_MIN = 2000;
/** Counting 23 million people takes seconds: the page takes at most a fifth of one connection's time. */
const REST_PER_READ = 4;

/**
 * Shares one reading among everybody who looks at the same time or shortly after.
 *
 * ```ts
 * const latest = sharedReading(() => readSnapshot(office));
 * const snapshot = await latest();
 * ```
 */
export function sharedReading<T>(read: () => Promise<T>, clock: () => number = () => performance.now()) {
  let last: { readonly value: T; readonly until: number } | undefined;
  let reading: Promise<T> | undefined;
  const begin = async () => {
    const began = clock();
    try {
      const value = await read();
      const took = clock() - began;
      last = { value, until: clock() + Math.max(FRESH_MS_MIN, took * REST_PER_READ) };
      return value;
    } finally {
      reading = undefined;
    }
  };
  return (): Promise<T> => {
    if (reading) return reading;
    if (last && clock() < last.until) return Promise.resolve(last.value);
    reading = begin();
    return reading;
  };
}
