import { sql } from 'kysely';
import { type StageName, stageNames } from '../jobs/stages.ts';
import { wibDate, wibTime } from '../jobs/time.ts';
import type { Db } from './connection.ts';

/** What stands at a stage and when something last ended there. Ages are null where there is nothing to have one. */
export interface StageProgress {
  readonly stage: StageName;
  /** Ready and due, in a run that is not stopped: a worker could take them. */
  readonly ready: number;
  readonly oldestReady_seconds: number | null;
  readonly running: number;
  readonly oldestRunning_seconds: number | null;
  /** Running, with a lease that has run out: their worker is dead or frozen. */
  readonly overLease: number;
  readonly lastEnd: Date | null;
  readonly lastEnd_seconds: number | null;
}

/** How each stage gets on, in one pass over the chunks. */
export async function stageProgress(db: Db): Promise<StageProgress[]> {
  const { rows } = await sql<StageProgress>`
    with marked as (
      select c.*, c.state = 'running' as runs, c.state = 'ready' and c.not_before <= clock_timestamp()
        and not (c.stage in ('dedupe', 'email', 'dukcapil', 'layer3') and r.state = 'stopped') as due
      from chunks c join runs r on r.run_id = c.run_id)
    select s.stage, (count(*) filter (where due))::float8 as ready, (count(*) filter (where runs))::float8 as running,
      ${ageOf(sql`min(greatest(opened_at, not_before)) filter (where due)`)} as "oldestReady_seconds",
      ${ageOf(sql`min(started_at) filter (where runs)`)} as "oldestRunning_seconds",
      (count(*) filter (where runs and lease_until < clock_timestamp()))::float8 as "overLease",
      max(done_at) as "lastEnd", ${ageOf(sql`max(done_at)`)} as "lastEnd_seconds"
    from unnest(${[...stageNames]}::text[]) with ordinality as s (stage, n) left join marked m on m.stage = s.stage
    group by s.stage, s.n order by s.n`.execute(db);
  return rows;
}

const ageOf = (at: ReturnType<typeof sql>) => sql`extract(epoch from clock_timestamp() - ${at})::float8`;

/** After so long work stands still where nothing of its stage has ended. */
export interface Patience {
  readonly ready_seconds: number;
  /** Of what is being worked on: a wave over the nation takes six minutes, 400 look-ups at a rate of one a second 27. */
  readonly running_seconds: number;
}

/** Whether there is work that somebody should have ended by now. */
export function standsStill(progress: StageProgress, { ready_seconds, running_seconds }: Patience): boolean {
  const quiet = progress.lastEnd_seconds ?? Number.POSITIVE_INFINITY;
  const longer = (age: number | null, limit: number) => Math.min(age ?? 0, quiet) > limit;
  return longer(progress.oldestReady_seconds, ready_seconds) || longer(progress.oldestRunning_seconds, running_seconds);
}

/** "email: 12 ready, oldest 14 min, 1 running, last progress 09:12", for a person; times are WIB. */
export function describeProgress(progress: StageProgress): string {
  const { stage, ready, running, overLease, lastEnd } = progress;
  const parts = [
    ...(ready > 0 ? [`${ready} ready, oldest ${minutes(progress.oldestReady_seconds)}`] : []),
    ...(running > 0 ? [`${running} running, longest ${minutes(progress.oldestRunning_seconds)}`] : []),
    ...(overLease > 0 ? [`${overLease} over their lease`] : []),
    lastEnd ? `last progress ${moment(lastEnd)}` : 'no progress ever',
  ];
  return `${stage}: ${parts.join(', ')}`;
}

const minutes = (seconds: number | null) => `${Math.floor((seconds ?? 0) / 60)} min`;

function moment(at: Date): string {
  const day = wibDate(at);
  return day === wibDate(new Date()) ? wibTime(at) : `${day} ${wibTime(at)}`;
}
