import { setTimeout as pause } from 'node:timers/promises';
import { REGISTRY } from '../../db/counterpart.ts';
import { describeProgress, type Patience, type StageProgress, stageProgress, standsStill } from '../../db/progress.ts';
import { registrySilence_seconds } from '../../db/status.ts';
import type { StageName } from '../../jobs/stages.ts';
import type { Office } from './office.ts';

export interface WatchOptions extends Patience {
  readonly every_ms: number;
}

const WATCH: WatchOptions = { every_ms: 15_000, ready_seconds: 5 * 60, running_seconds: 30 * 60 };

/** Says once per stage when it has work and nothing of it ends, and once when it moves again, until `signal` is raised. */
export async function keepWatching(
  office: Office,
  stages: readonly StageName[],
  signal: AbortSignal,
  options = WATCH,
): Promise<void> {
  const { db, log, postgres } = office;
  const still = new Set<StageName>();
  const hearRegistry = listenToRegistry(office);
  // What stood still before we came, or while the database was away, says nothing about us.
  let since = performance.now();
  postgres.watch(() => {
    since = performance.now();
  });
  while (!signal.aborted) {
    const all = await postgres.outlast(() => stageProgress(db), signal).catch(() => undefined);
    const watched_seconds = (performance.now() - since) / 1000;
    for (const progress of all?.filter(({ stage }) => stages.includes(stage)) ?? []) {
      const { stage } = progress;
      const stuck = standsStill(seenFor(progress, watched_seconds), options);
      if (stuck === still.has(stage)) continue;
      if (stuck) log.warn(progress, `no progress: ${describeProgress(progress)}`);
      else log.info({ stage }, `${stage} moves again`);
      if (stuck) still.add(stage);
      else still.delete(stage);
    }
    if (stages.includes('dukcapil')) await postgres.outlast(hearRegistry, signal).catch(() => undefined);
    await pause(options.every_ms, undefined, { signal }).catch(() => undefined);
  }
}

/** Says once when the registry has been silent for too long, and once when it answers again. */
function listenToRegistry({ db, config, log }: Office): () => Promise<void> {
  let silent = false;
  return async () => {
    if (!config.registry) return;
    const seconds = await registrySilence_seconds(db, REGISTRY);
    const isSilent = seconds > 60 * config.registrySilent_minutes;
    if (isSilent && !silent) log.error({ seconds }, 'the registry answers nobody while people wait');
    if (silent && !isSilent) log.info('the registry answers again');
    silent = isSilent;
  };
}

function seenFor(progress: StageProgress, seconds: number): StageProgress {
  const capped = (age: number | null) => age && Math.min(age, seconds);
  return {
    ...progress,
    oldestReady_seconds: capped(progress.oldestReady_seconds),
    oldestRunning_seconds: capped(progress.oldestRunning_seconds),
  };
}
