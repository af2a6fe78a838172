import { audit } from '../db/audit.ts';
import { countRequeue, type RequeueFilter, requeue } from '../db/requeue.ts';
import { refuse } from '../jobs/errors.ts';
import { isReason, reasons } from '../jobs/reasons.ts';
import { isVerdictStage, verdictStages } from '../jobs/stages.ts';
import { spokenSeconds } from '../jobs/time.ts';
import { type RegistryStatus, registryStatus } from '../workers/runtime/status.ts';
import { dispatchIfReachable } from '../workers/runtime/sweeper.ts';
import { identify, named } from './actor.ts';
import { done, type Report, withOffice } from './command.ts';
import { instant, personName } from './options.ts';

export interface RequeueOptions {
  readonly stage: string;
  readonly reason?: string;
  readonly province?: string;
  readonly since?: string;
  readonly until?: string;
  readonly run?: string;
  readonly dryRun?: boolean;
  readonly by?: string;
  readonly note?: string;
}

/** `requeue`: says how many people and look-ups, or does it and records who and why. */
export function requeuePeople(options: RequeueOptions): Promise<Report> {
  const filter = filterOf(options);
  const who = options.dryRun ? '' : personName('--by', options.by);
  const note = options.note?.trim() ?? '';
  if (!options.dryRun && note === '') throw refuse('--note must say why');
  return withOffice(async (office) => {
    const { db, config } = office;
    if (!options.dryRun) await identify(office, { name: who, role: 'operations' });
    const people = await countRequeue(db, filter);
    const calls = filter.stage === 'dukcapil' && config.registry ? people : 0;
    const registry = await registryStatus(office, calls);
    const cost = calls === 0 ? '' : costOf(calls, registry);
    const { forecast } = registry;
    if (options.dryRun)
      return done(
        { people, calls, requeued: 0, forecast },
        `${people} people would be decided again at ${filter.stage}${cost}. Nothing was changed.`,
      );
    const requeued = await db.transaction().execute(async (tx) => {
      const n = await requeue(tx, filter);
      await audit(tx, { who, action: 'requeue', subject: describe(options), note });
      return n;
    });
    await dispatchIfReachable(office);
    const report = done(
      { people, calls, requeued, forecast },
      `${requeued} people are decided again at ${filter.stage}${cost}. "prakerja run status" tells how far it is.`,
    );
    return { ...report, by: await named(office, who) };
  });
}

/** ", 4123 registry calls, about 42 s at 100 a second" */
function costOf(calls: number, { forecast, rate_per_second, left_today }: RegistryStatus): string {
  const left = left_today === null ? '' : ` and ${left_today} left today`;
  const end = forecast === null ? 'no end can be told' : `about ${spokenSeconds(forecast)}`;
  return `, ${calls} registry calls, ${end} at ${rate_per_second} a second${left}`;
}

function filterOf(options: RequeueOptions): RequeueFilter {
  const { stage, reason = null, province = null } = options;
  if (!isVerdictStage(stage)) throw refuse(`--stage must be one of ${verdictStages.join(', ')}`);
  if (reason !== null) {
    if (!isReason(reason) || reasons[reason].stage !== stage) throw refuse(`"${reason}" is not a reason of ${stage}`);
    if (!reasons[reason].requeue) throw refuse(`people with the reason "${reason}" cannot be re-queued`);
  }
  if (province !== null && !/^\d{2}$/.test(province)) throw refuse('--province must be a code of two digits');
  const since = options.since === undefined ? null : instant('--since', options.since);
  const until = options.until === undefined ? null : instant('--until', options.until);
  const { run = null } = options;
  if (run !== null && !/^\d{1,15}$/.test(run)) throw refuse('--run must be the number of a run');
  return { stage, reason, province, since, until, run };
}

function describe({ stage, reason, province, since, until, run }: RequeueOptions): string {
  return Object.entries({ stage, reason, province, since, until, run })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
