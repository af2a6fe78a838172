import { openDatabase } from '../../db/connection.ts';
import { defaultPolicyId, startRun } from '../../db/run.ts';
import { openUndecided } from '../../db/undecided.ts';
import { stageSettings } from '../../jobs/stages.ts';
import { openQueues } from '../../workers/runtime/queues.ts';
import { dispatch } from '../../workers/runtime/sweeper.ts';
import type { Measured, Setting } from './contestants.ts';
import { BASE, type Here, work } from './nation.ts';

/** The database that the last run of ours has left. */
export const HERE = 'here';

/**
 * Whose chunks are measured: as the saves of dukcapil open them, which is how people reach layer 3, or as `run start`
 * opens them for everybody undecided.
 */
export type Opened = 'by dukcapil' | 'by run start';

/** What is tried before the rounds: the stage as it is set, more chunks at once, two processes. */
export const hereSettings: readonly Setting[] = [
  { processes: 1, concurrency: stageSettings.layer3.concurrency },
  { processes: 1, concurrency: 2 * stageSettings.layer3.concurrency },
  { processes: 2, concurrency: stageSettings.layer3.concurrency },
];

/** One run of layer 3 alone, by the real program, in a fresh copy of the prepared database. */
export async function runHere(here: Here, setting: Setting, opened: Opened): Promise<Measured> {
  const { servers } = here;
  await servers.create(HERE, BASE);
  await servers.flushRedis();
  await servers.query(HERE, 'drop schema if exists bullmq cascade');
  const [{ n: people } = { n: 0 }] = await servers.query<{ n: number }>(
    HERE,
    `select count(*)::int4 as n from verdicts_dukcapil where outcome = 'passed'`,
  );
  const enqueue_per_s = opened === 'by run start' ? people / (await openAnew(here)) : undefined;
  await servers.settle(HERE);
  // Nothing is due until every worker has started: none of them begins alone.
  await servers.query(HERE, `update chunks set not_before = 'infinity', enqueued_at = null where stage = 'layer3'`);
  const ready = async () => {
    await servers.query(HERE, `update chunks set not_before = clock_timestamp() where stage = 'layer3'`);
  };
  await work(here, HERE, { stages: ['layer3'], ...setting, ready });
  const [span] = await servers.query<{ seconds: number; n: number }>(
    HERE,
    `select extract(epoch from max(done_at) - min(started_at))::float8 as seconds, sum(n_in)::int4 as n
     from chunks where stage = 'layer3'`,
  );
  if (span?.n !== people) throw new Error(`here: ${span?.n} of ${people} people were decided`);
  return { people, enqueue_per_s, people_per_s: people / span.seconds };
}

/** What `run start` does before it waits, without the start of a process: seconds to open everybody undecided and to enqueue. */
async function openAnew({ servers }: Here): Promise<number> {
  const databaseUrl = servers.urlOf(HERE);
  const { db, close } = openDatabase(databaseUrl);
  await servers.query(HERE, `delete from chunks where stage = 'layer3'`);
  const queues = openQueues({ redisUrl: servers.redisUrl, databaseUrl, onError: () => undefined });
  try {
    const began = performance.now();
    await db.transaction().execute(async (tx) => openUndecided(tx, await startRun(tx, await defaultPolicyId(tx))));
    await dispatch(db, queues);
    return (performance.now() - began) / 1000;
  } finally {
    await queues.close();
    await close();
    await servers.flushRedis();
  }
}
