import { audit } from '../db/audit.ts';
import { findBatch, nextBatch, openBatch } from '../db/batch.ts';
import { lockPools } from '../db/carry.ts';
import { loadPolicy } from '../db/run.ts';
import { isStillDue, setSchedule } from '../db/schedules.ts';
import { refuse } from '../jobs/errors.ts';
import { nextTick, type ScheduleSettings } from '../jobs/schedules.ts';
import { wibDate, wibTime } from '../jobs/time.ts';
import { beaconToCome } from '../workers/assignment/rules.ts';
import type { TickActions } from '../workers/runtime/timetable.ts';
import { openedSentence } from './batch.ts';
import { closeOnTime } from './batch-close.ts';
import { revokeBatch } from './batch-revoke.ts';
import { closingName, spoken } from './batch-schedule.ts';

/**
 * By a pattern, a closing that is still to come: opened late, a batch stays open up to it.
 * @throws exit 2 when the one moment it was to close at has passed: nobody could have joined
 */
function closingOf(batch: number, { closes, closesAt }: ScheduleSettings, now: Date): Date {
  if (closesAt !== undefined && new Date(closesAt) <= now)
    throw refuse(
      `batch ${batch} was not opened: it was to close on ${spoken(new Date(closesAt))}, which has passed; "batch schedule open --batch ${batch}" gives it other times, or "batch open ${batch}" opens it now`,
    );
  if (closesAt !== undefined) return new Date(closesAt);
  return nextTick({ cron: closes as string, at: null }, now) as Date;
}

/** What the timetable does: the same as the commands, noted in the transaction that does it. */
export const tickActions: TickActions = {
  open: async ({ db, config }, schedule, tick, note) => {
    const { name, settings } = schedule;
    const { policyId, quota = {}, freed = false, poolMin = 0, beacon = 'manual' } = settings;
    await db.transaction().execute(async (tx) => {
      await lockPools(tx);
      if (!(await isStillDue(tx, { schedule, tick }))) return;
      const now = config.now();
      const batch = settings.batch ?? (await nextBatch(tx));
      const closes = closingOf(batch, settings, now);
      const places = new Map(Object.entries(quota));
      const opening = { batch, policyId: policyId as number, quota: places, opens: tick, closes, freed, poolMin, now };
      const opened = await openBatch(tx, opening);
      const closing = { name: closingName(batch), action: 'close', batch, cron: null, at: closes } as const;
      await setSchedule(tx, { ...closing, settings: { beacon }, by: `schedule ${name}`, now });
      const policy = await loadPolicy(tx, policyId as number);
      const said = `${openedSentence(batch, opened, policy.name)} It closes on ${wibDate(closes)} at ${wibTime(closes)} WIB.`;
      await audit(tx, { who: `schedule ${name}`, action: 'batch open', subject: `batch ${batch}`, note: said });
      await note(tx, said);
    });
  },

  close: async (office, schedule, tick, note, stopping) => {
    const { db, config } = office;
    const { name, batch, settings } = schedule;
    const number = batch as number;
    const { commitment_sha256 } = await findBatch(db, number);
    const beacon = beaconToCome(settings.beacon ?? 'manual', config.now(), number);
    const closed = commitment_sha256
      ? [`Batch ${number} was closed before.`]
      : (await closeOnTime(office, { batch: number, beacon, by: `schedule ${name}` }, { schedule, tick, stopping }))
          ?.lines;
    if (!closed) return;
    await db.transaction().execute((tx) => note(tx, closed.map((line) => line.trim()).join(' ')));
  },

  revoke: ({ db, config }, schedule, tick, note) =>
    db.transaction().execute(async (tx) => {
      const rows = await tx
        .selectFrom('batches')
        .select('batch')
        .where('state', '=', 'confirmed')
        .orderBy('batch')
        .forUpdate()
        .execute();
      if (!(await isStillDue(tx, { schedule, tick }))) return;
      const sentences: string[] = [];
      for (const { batch } of rows) {
        const { revoked, sentence, unknown } = await revokeBatch(tx, batch, `schedule ${schedule.name}`, config.now());
        if (unknown)
          throw refuse(
            `nobody was revoked: ${unknown}; import the training file, then "prakerja batch revoke ${batch} --by WHO"`,
          );
        if (revoked > 0) sentences.push(sentence);
      }
      await note(tx, sentences.join(' ') || 'Nobody was to be revoked.');
    }),
};
