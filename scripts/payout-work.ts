import { payoutCounts } from '../db/payout.ts';
import { whyAllWait } from '../db/payout-sent.ts';
import { failedChunks } from '../db/status.ts';
import { fail } from '../jobs/errors.ts';
import type { Office } from '../workers/runtime/office.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import { dispatch } from '../workers/runtime/sweeper.ts';
import { startWorker, untilQuiet } from '../workers/runtime/worker.ts';
import { startProgress } from './progress.ts';

/** How work ended: `quiet`, nothing of it is open; or before that, by a signal or because the bank let nobody in. */
export type Ended = { readonly kind: 'quiet' | 'interrupted' } | { readonly kind: 'no_entry'; readonly why: string };

/** Runs payout workers in this process until nothing of it is open. A signal, or a bank that lets nobody in, stops cleanly before that. */
export async function work(office: Office, title: string, total: number): Promise<Ended> {
  const away = new AbortController();
  const stop = AbortSignal.any([stopOnSignals(), away.signal]);
  await dispatch(office.db, await office.queues());
  const worker = await startWorker(office, { stages: ['payout'] });
  const progress = startProgress(title, 'chunks');
  const chunks = Math.max(1, Math.ceil(total / 50));
  let quiet: boolean;
  try {
    quiet = await untilQuiet(office, ['payout'], stop, async ({ open }) => {
      progress.update(Math.max(0, chunks - (open.payout ?? 0)), chunks);
      const why = await whyAllWait(office.db);
      if (why !== undefined) away.abort(why);
    });
  } finally {
    progress.end();
    await worker.close();
  }
  const failed = (await failedChunks(office.db)).filter((chunk) => chunk.stage === 'payout');
  if (failed.length > 0)
    throw fail(
      `${failed.length} chunks of payments failed, the first: ${failed[0]?.error}. What was sent is kept; run this again when the cause is gone`,
    );
  if (quiet) return { kind: 'quiet' };
  return away.signal.aborted ? { kind: 'no_entry', why: away.signal.reason as string } : { kind: 'interrupted' };
}

/** Everybody's instalments, by state. */
export async function statesOf({ db }: Office): Promise<Record<string, number>> {
  const states: Record<string, number> = {};
  for (const { state, n } of await payoutCounts(db)) states[state] = (states[state] ?? 0) + n;
  return states;
}

export function sentence(states: Record<string, number>): string {
  return `Instalments now: ${Object.entries(states)
    .map(([state, n]) => `${n} ${state}`)
    .join(', ')}.`;
}
