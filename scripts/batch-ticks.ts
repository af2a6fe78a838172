import { audit } from '../db/audit.ts';
import { findBatch, nextBatch, openBatch } from '../db/batch.ts';
import { loadPolicy } from '../db/run.ts';
import { setSchedule } from '../db/schedules.ts';
import { nextTick, type ScheduleSettings } from '../jobs/schedules.ts';
import { wibDate, wibTime } from '../jobs/time.ts';
import { beaconToCome } from '../workers/assignment/rules.ts';
import type { TickActions } from '../workers/runtime/timetable.ts';
import { openedSentence } from './batch.ts';
import { closeBatch } from './batch-close.ts';
import { revokeBatch } from './batch-revoke.ts';
import { closingName } from './batch-schedule.ts';

/** By a pattern, a closing that is still to come: opened late, a batch stays open up to it. */
function closingOf({ closes, closesAt }: ScheduleSettings, now: Date): Date {
  if (closesAt !== undefined) return new Date(closesAt);
  return nextTick({ cron: closes as string, at: null }, now) as Date;
}

/** What the timetable does: the same as the commands, noted in the transaction that does it. */
export const tickActions: TickActions = {
  open: async ({ db, config }, { name, settings }, tick, note) => {
    const now = config.now();
    const { policyId, quota = {}, freed = false, poolMin = 0, beacon = 'manual' } = settings;
    await db.transaction().execute(async (tx) => {
      const batch = settings.batch ?? (await nextBatch(tx));
      const closes = closingOf(settings, now);
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

  close: async (office, { name, batch, settings }, _tick, note, stopping) => {
    const { db, config } = office;
    const number = batch as number;
    const found = await findBatch(db, number);
    const before = found.commitment_sha256 !== null;
    const beacon = beaconToCome(settings.beacon ?? 'manual', config.now(), number);
    const said = before
      ? `Batch ${number} was closed before.`
      : (await closeBatch(office, number, beacon, undefined, stopping)).lines.map((line) => line.trim()).join(' ');
    await db.transaction().execute(async (tx) => {
      if (!before)
        await audit(tx, { who: `schedule ${name}`, action: 'batch close', subject: `batch ${number}`, note: said });
      await note(tx, said);
    });
  },

  revoke: ({ db, config }, { name }, _tick, note) =>
    db.transaction().execute(async (tx) => {
      const rows = await tx
        .selectFrom('batches')
        .select('batch')
        .where('state', '=', 'confirmed')
        .orderBy('batch')
        .execute();
      const sentences: string[] = [];
      for (const { batch } of rows) {
        const { revoked, sentence } = await revokeBatch(tx, batch, `schedule ${name}`, config.now());
        if (revoked > 0) sentences.push(sentence);
      }
      await note(tx, sentences.join(' ') || 'Nobody was to be revoked.');
    }),
};
