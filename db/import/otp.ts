import { sql } from 'kysely';
import { instant, oneOf, registrationId, shortText } from './columns.ts';
import type { Kind } from './kind.ts';
import { countOf, decideAgain, resolveRegistrations } from './merge.ts';

const PHONE_CHARS_MAX = 64;

/** otp.csv: results of one-time codes, per phone; only added. */
export const otp: Kind = {
  format: 'csv',
  columns: [
    registrationId,
    shortText('phone', PHONE_CHARS_MAX),
    oneOf('result', ['verified', 'failed', 'expired']),
    instant('at'),
  ],
  async merge(tx, { loadId }) {
    await resolveRegistrations(tx);
    await sql`
      create temp table changed on commit drop as
      with added as (
        insert into otp (reg, phone, result, at, load_id)
        select reg, phone, result, at, ${loadId}::integer from resolved order by reg
        on conflict do nothing returning reg)
      select reg from added`.execute(tx);
    await decideAgain(tx, 'layer3', sql`select reg from changed`);
    return countOf(tx, sql`changed`);
  },
};
