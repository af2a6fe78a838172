import { sql } from 'kysely';
import type { Tx } from '../connection.ts';
import { type Column, instant, oneOf, optionalText, registrationId, shortText } from './columns.ts';
import type { Kind } from './kind.ts';
import { addAndDecideAgain, resolveRegistrations } from './merge.ts';

const eventTypes = ['delivered', 'deferred', 'bounced', 'complained', 'confirmed'] as const;
export type EmailEventType = (typeof eventTypes)[number];

/** An enhanced status code is at most "5.999.999"; what somebody else writes there may be longer, an index entry not. */
const DSN_CHARS_MAX = 64;

/** What every event says, whoever it is about. */
export const eventColumns: readonly Column[] = [
  oneOf('type', eventTypes),
  instant('at'),
  shortText('dsn', DSN_CHARS_MAX, true),
  optionalText('diagnostic'),
];

/** Stores the events of `resolved` that are new; returns how many. Their people are decided again. */
export async function storeResolvedEvents(tx: Tx, loadId: number): Promise<number> {
  return addAndDecideAgain(
    tx,
    'email',
    { table: 'email_events', loadId },
    sql`insert into email_events (reg, at, type, dsn, diagnostic, load_id)
      select distinct on (reg, at, type, dsn) reg, at, type, dsn, diagnostic, ${loadId}::integer
      from resolved order by reg, at, type, dsn, line
      on conflict do nothing`,
  );
}

/** email-events.ndjson: what mail servers and applicants answered. An event is never replaced, only added. */
export const emailEvents: Kind = {
  format: 'ndjson',
  table: 'email_events',
  columns: [registrationId, ...eventColumns],
  async merge(tx, { loadId }) {
    await resolveRegistrations(tx);
    return storeResolvedEvents(tx, loadId);
  },
};
