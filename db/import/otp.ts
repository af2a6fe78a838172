import { sql } from 'kysely';
import { instant, oneOf, registrationId, shortText } from './columns.ts';
import type { Kind } from './kind.ts';
import { addAndDecideAgain, resolveRegistrations } from './merge.ts';

const PHONE_CHARS_MAX = 64;

/** otp.csv: results of one-time codes, per phone; only added. */
export const otp: Kind = {
  format: 'csv',
  table: 'otp',
  columns: [
    registrationId,
    shortText('phone', PHONE_CHARS_MAX),
    oneOf('result', ['verified', 'failed', 'expired']),
    instant('at'),
  ],
  async merge(tx, { loadId }) {
    await resolveRegistrations(tx);
    return addAndDecideAgain(
      tx,
      'layer3',
      { table: 'otp', loadId },
      sql`insert into otp (reg, phone, result, at, load_id)
        select distinct reg, phone, result, at, ${loadId}::integer from resolved order by reg, phone, at, result
        on conflict do nothing`,
    );
  },
};
