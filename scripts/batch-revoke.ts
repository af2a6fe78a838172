import { audit } from '../db/audit.ts';
import { lockBatch } from '../db/batch.ts';
import type { Tx } from '../db/connection.ts';
import { freePlacesLeft } from '../db/places.ts';
import { revokeIdle, type UnknownPurchases, undoRevocation, unknownPurchases } from '../db/revocation.ts';
import { loadPolicy } from '../db/run.ts';
import { refuse } from '../jobs/errors.ts';
import { formatRupiah } from '../jobs/money.ts';
import { revocationUndoDays } from '../jobs/policy.ts';
import { addDays, isDate, wibDate } from '../jobs/time.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { done, type Report } from './command.ts';
import { batchNumber, personName } from './options.ts';

export interface RevokeOptions {
  readonly by: string;
  /** A registration whose revocation is undone. */
  readonly undo?: string;
  readonly note?: string;
  /** Up to when somebody whose revocation is undone may buy the first training. */
  readonly until?: string;
}

/** `batch revoke N`: no first training within the policy's days of the announcement. Their NIK may not enter again. */
export function revoke(text: string, options: RevokeOptions): Promise<Report> {
  const batch = batchNumber(text);
  const by = personName('--by', options.by);
  const { undo } = options;
  if (undo !== undefined)
    return inNameOf({ name: by, role: 'operations' }, (office) => undoOne(office, batch, undo, { ...options, by }));
  return inNameOf({ name: by, role: 'operations' }, async ({ db, config }) => {
    const now = config.now();
    const { sentence, unknown, ...revoked } = await db.transaction().execute((tx) => revokeBatch(tx, batch, by, now));
    const free = await freePlacesLeft(db);
    return done(
      { batch, ...revoked, free_places: free, ...(unknown && { warning: unknown }) },
      sentence,
      ...(unknown
        ? [
            `Warning: ${unknown}. Import the training file: who bought in time takes part again by "batch revoke ${batch} --undo REGISTRATION_ID".`,
          ]
        : []),
      ...(free > 0 ? [`${free} places are free for the next batch: prakerja batch open ${batch + 1} --freed …`] : []),
    );
  });
}

/** The same as part of a transaction: for the timetable. `unknown` says why somebody may be revoked who bought in time. */
export async function revokeBatch(tx: Tx, batch: number, by: string, now: Date) {
  const row = await lockBatch(tx, batch, ['confirmed']);
  const { payout } = await loadPolicy(tx, row.policy_id);
  const days = payout.first_purchase_days;
  const unknown = await unknownPurchases(tx, batch, days, wibDate(now));
  const { people, returnedIdr, inGrace } = await revokeIdle(tx, { batch, days, today: wibDate(now), now, by });
  const grace = inGrace > 0 ? ` ${inGrace} more have been given time.` : '';
  const sentence = `Batch ${batch}: ${people} participations were revoked (no first training within ${days} days), ${formatRupiah(returnedIdr)} returned.${grace}`;
  if (people > 0) await audit(tx, { who: by, action: 'batch revoke', subject: `batch ${batch}`, note: sentence });
  return {
    revoked: people,
    returned_idr: String(returnedIdr),
    in_grace: inGrace,
    sentence,
    unknown: unknown && unknownSentence(batch, unknown),
  };
}

function unknownSentence(batch: number, { newest }: UnknownPurchases): string {
  return newest === null
    ? `no training file was ever imported, and the deadline of batch ${batch} has passed`
    : `the newest training file came on ${newest}, before the deadline of batch ${batch} had passed`;
}

async function undoOne(
  { db, config }: Office,
  batch: number,
  registrationId: string,
  { by, note: why, until: day }: RevokeOptions,
): Promise<Report> {
  const note = why?.trim() ?? '';
  if (note === '') throw refuse('--note must say why');
  if (day !== undefined && !isDate(day)) throw refuse('--until must be a date, such as 2020-10-31');
  const now = config.now();
  const today = wibDate(now);
  if (day !== undefined && day < today)
    throw refuse(`--until ${day} has passed: the first training could not be bought any more`);
  const until = await db.transaction().execute(async (tx) => {
    const { policy_id } = await lockBatch(tx, batch, ['confirmed']);
    const policy = await loadPolicy(tx, policy_id);
    const latest = day ?? addDays(today, policy.payout.first_purchase_days);
    const undo_days = revocationUndoDays(policy);
    await undoRevocation(tx, { batch, registrationId, by, note, now, today, undo_days, until: latest });
    await audit(tx, { who: by, action: 'batch revoke undone', subject: `batch ${batch} ${registrationId}`, note });
    return latest;
  });
  return done(
    { batch, registration_id: registrationId, state: 'participant', until },
    `${registrationId} takes part in batch ${batch} again, and may buy the first training up to ${until}.`,
  );
}
