import type { Db } from '../../db/connection.ts';
import { counterpartState, REGISTRY } from '../../db/counterpart.ts';
import { registrySilence_seconds, type StageCounts, stageCounts, stageSpeed } from '../../db/status.ts';
import { forecastOf, leftOf } from '../../jobs/quota.ts';
import { type VerdictStage, verdictStages } from '../../jobs/stages.ts';
import type { Config } from './config.ts';

/** `eta` in seconds at the present speed; null when it cannot be told. */
export interface StageStatus extends StageCounts {
  readonly per_second: number;
  readonly eta: number | null;
}

export interface StatusDocument {
  readonly stages: Record<VerdictStage, StageStatus>;
  readonly registry: RegistryStatus;
}

export interface RegistryStatus {
  /** Calls of today (WIB). */
  readonly used_today: number;
  /** Null: no limit is known. */
  readonly left_today: number | null;
  /** Seconds to the end of what is undecided, at this rate and quota; null: it cannot be told. */
  readonly forecast: number | null;
  /** Look-ups of today that were not needed: an impossible NIK, or an answer that was kept. */
  readonly saved_today: number;
  readonly rate_per_second: number;
  /** Since when the registry does not answer, so that nobody calls but one who tries; null: it answers. */
  readonly away_since: string | null;
  /** For how long people have waited while it answered nobody. */
  readonly silent_seconds: number;
  /** That is longer than `DUKCAPIL_SILENT_MINUTES`. */
  readonly is_silent: boolean;
}

/** What status reads of the configuration and where; an `Office` fits. */
export interface StatusSource {
  readonly db: Db;
  readonly config: Pick<
    Config,
    'now' | 'registry' | 'registryDailyQuota' | 'registryRate_per_second' | 'registrySilent_minutes'
  >;
}

/** The document of `run status`, which the console shows as well. */
export async function statusDocument({ db, config }: StatusSource): Promise<StatusDocument> {
  const counts = await stageCounts(db);
  const stages = {} as Record<VerdictStage, StageStatus>;
  for (const stage of verdictStages) {
    const per_second = await stageSpeed(db, stage);
    const { undecided } = counts[stage];
    const eta = undecided === 0 ? 0 : per_second > 0 ? Math.ceil(undecided / per_second) : null;
    stages[stage] = { ...counts[stage], per_second, eta };
  }
  return { stages, registry: await registryStatus({ db, config }, stages.dukcapil.undecided) };
}

/** How the registry stands, and when `calls` look-ups would end. */
export async function registryStatus({ db, config }: StatusSource, calls: number): Promise<RegistryStatus> {
  const now = config.now();
  const state = await counterpartState(db, REGISTRY, now);
  const silent_seconds = await registrySilence_seconds(db, REGISTRY);
  const rate_per_second = state.rate_per_second ?? config.registryRate_per_second;
  const left = leftOf(state, config.registryDailyQuota, now);
  const quota = config.registryDailyQuota ?? state.granted;
  return {
    used_today: state.used,
    left_today: left,
    forecast: forecastOf(calls, { rate_per_second, left, quota, now }),
    saved_today: state.saved,
    rate_per_second,
    away_since: state.openSince?.toISOString() ?? null,
    silent_seconds: Math.round(silent_seconds),
    is_silent: config.registry !== undefined && silent_seconds > 60 * config.registrySilent_minutes,
  };
}
