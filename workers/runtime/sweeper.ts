import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { forgetQueue, putBackExpired, takeUnqueued, waitingInQueue } from '../../db/chunk.ts';
import type { Db } from '../../db/connection.ts';
import { currentRun } from '../../db/run.ts';
import { touchDue } from '../../db/touch.ts';
import { stageNames } from '../../jobs/stages.ts';
import { reached } from './boundaries.ts';
import type { Office } from './office.ts';
import type { Queues } from './queues.ts';

/** One look at the chunks table takes at most this many, so that a sweep stays short. */
const TAKE_MAX = 2000;
/** A chunk that has waited this long should be in the queue: time for a commit and an enqueue to meet. */
const FORGOTTEN_AFTER_SECONDS = 10;

/** Puts every chunk that is ready and not in the queue into it: after a commit, and again by the sweeper. */
export async function dispatch(db: Db, queues: Queues): Promise<number> {
  let total = 0;
  for (;;) {
    const chunks = await takeUnqueued(db, TAKE_MAX);
    if (chunks.length > 0) await reached('enqueuing', '');
    await queues.enqueue(chunks);
    total += chunks.length;
    if (chunks.length < TAKE_MAX) return total;
  }
}

const QUEUE_ANSWERS_WITHIN_MS = 5000;

/**
 * Enqueues what a command has opened, if the queue answers: an import must not fail because Redis is away. Whatever is
 * not enqueued stays ready, and the sweeper of the first worker that reaches the queue enqueues it.
 */
export async function dispatchIfReachable(office: Office): Promise<void> {
  const late = new AbortController();
  const limit = pause(QUEUE_ANSWERS_WITHIN_MS, 'late', { signal: late.signal }).catch(() => 'late');
  const sent = office.queues().then((queues) => dispatch(office.db, queues));
  sent.catch(() => undefined);
  if ((await Promise.race([sent, limit])) === 'late') {
    office.log.warn('the queue does not answer; a worker will pick up what is ready once it does');
  }
  late.abort();
}

/**
 * What makes losing a worker, or all of Redis, lose no work: chunks whose lease ran out are ready again, chunks that the
 * queue forgot are enqueued again, waiting people whose time has come are decided again. Runs in every worker; rows are
 * locked for the moment, so two sweepers do no harm.
 */
export async function sweep(db: Db, queues: Queues, now: Date): Promise<void> {
  // A worker that died also takes jobs with it whose chunks it had not claimed yet; BullMQ would miss them 90 s later.
  if ((await putBackExpired(db)) > 0) for (const stage of stageNames) await forgetQueue(db, stage);
  for (const { stage, n } of await waitingInQueue(db, FORGOTTEN_AFTER_SECONDS)) {
    if ((await queues.size(stage)) < n) await forgetQueue(db, stage);
  }
  await openDue(db, now);
  await dispatch(db, queues);
}

async function openDue(db: Db, now: Date): Promise<void> {
  for (const stage of ['email', 'dukcapil'] as const) {
    const due = await sql`
      select 1 from ${sql.table(`verdicts_${stage}`)} v
      where outcome = 'waiting' and due_at <= ${now} and not exists (select from touched t where t.stage = ${stage} and t.reg = v.reg) limit 1`.execute(
      db,
    );
    if (due.rows.length > 0) {
      await db.transaction().execute(async (tx) => {
        await currentRun(tx);
        await touchDue(tx, stage, now);
      });
    }
  }
}
