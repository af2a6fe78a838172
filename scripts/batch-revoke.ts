import { audit } from '../db/audit.ts';
import { lockBatch } from '../db/batch.ts';
import { loadPolicy } from '../db/run.ts';
import { revokeIdle } from '../db/selection.ts';
import { wibDate } from '../jobs/time.ts';
import { done, type Report, withOffice } from './command.ts';
import { batchNumber, personName } from './options.ts';

/** `batch revoke N`: no first training within the policy's days of the announcement. Their NIK may not enter again. */
export function revoke(text: string, options: { by: string }): Promise<Report> {
  const batch = batchNumber(text);
  const by = personName('--by', options.by);
  return withOffice(async ({ db, config }) => {
    const now = config.now();
    const { revoked, days } = await db.transaction().execute(async (tx) => {
      const row = await lockBatch(tx, batch, ['confirmed']);
      const { payout } = await loadPolicy(tx, row.policy_id);
      const n = await revokeIdle(tx, batch, payout.first_purchase_days, wibDate(now), now);
      await audit(tx, { who: by, action: 'batch revoke', subject: `batch ${batch}`, note: `${n} people` });
      return { revoked: n, days: payout.first_purchase_days };
    });
    return done(
      { batch, revoked },
      `Batch ${batch}: ${revoked} participations were revoked (no first training within ${days} days); as many places are free.`,
    );
  });
}
