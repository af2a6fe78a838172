import type { Db } from '../../db/connection.ts';
import { registryUse, type StageCounts, stageCounts, stageSpeed } from '../../db/status.ts';
import { type VerdictStage, verdictStages } from '../../jobs/stages.ts';
import { wibDate } from '../../jobs/time.ts';
import type { Config } from './config.ts';

/** `eta` in seconds at the present speed; null when it cannot be told. */
export interface StageStatus extends StageCounts {
  readonly per_second: number;
  readonly eta: number | null;
}

export interface StatusDocument {
  readonly stages: Record<VerdictStage, StageStatus>;
  /** Calls of today (WIB), what is left of the quota (null: no limit known) and the seconds to the end of what is undecided. */
  readonly registry: {
    readonly used_today: number;
    readonly left_today: number | null;
    readonly forecast: number | null;
  };
}

/** What status reads of the configuration and where; an `Office` fits. */
export interface StatusSource {
  readonly db: Db;
  readonly config: Pick<Config, 'now' | 'registryDailyQuota' | 'registryRate_per_second'>;
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
  const { used, leftReported } = await registryUse(db, wibDate(config.now()));
  const quota = config.registryDailyQuota;
  const left_today = quota === undefined ? leftReported : Math.max(0, Math.min(quota - used, leftReported ?? quota));
  const forecast = forecastOf(stages.dukcapil.undecided, config.registryRate_per_second, left_today, quota);
  return { stages, registry: { used_today: used, left_today, forecast } };
}

/** When the look-ups still to be made end at this rate and quota, in seconds; null: not known. */
function forecastOf(
  calls: number,
  rate_per_second: number,
  left: number | null,
  quota: number | undefined,
): number | null {
  const seconds = Math.ceil(calls / rate_per_second);
  if (left === null || calls <= left) return seconds;
  if (quota === undefined) return null;
  const SECONDS_PER_DAY = 86_400;
  return Math.ceil((calls - left) / quota) * SECONDS_PER_DAY;
}
