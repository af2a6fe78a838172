import { sql } from 'kysely';
import type { Db, Tx } from '../../db/connection.ts';
import { loadUndecided, type Undecided, within } from '../../db/load.ts';
import { type Decided, parkRecord, saveVerdicts } from '../../db/verdicts.ts';
import type { Chunk, Counts } from '../../jobs/chunk.ts';
import type { EmailEvent } from './decide.ts';

export interface Row extends Undecided {
  readonly email: string;
  /** Events up to then speak of an address that was corrected since. */
  readonly since: Date | null;
  events: EmailEvent[];
  sends: { count: number; lastSentAt: Date | null };
}

/** A mail that is about to go out: stored with its Message-ID before anything is sent. */
export interface Message {
  readonly reg: string;
  readonly messageId: string;
  readonly token: string;
}

/** Of whoever has none; replaced, never written to. */
const NOTHING: EmailEvent[] = [];
const NEVER = Object.freeze({ count: 0, lastSentAt: null });

type EventRow = EmailEvent & { reg: string };

/** A chunk's addresses with what is known about them. */
export async function load(db: Db, chunk: Chunk): Promise<Row[]> {
  const loaded = await loadUndecided<{ email: string; since: Date | null }>(
    db,
    'email',
    chunk,
    sql`r.email, r.email_since as since`,
  );
  const rows = loaded as Row[];
  for (const row of rows) {
    row.events = NOTHING;
    row.sends = NEVER;
  }
  const events = await sql<EventRow>`
    select reg, type, date_part('epoch', at) * 1000 as at, dsn, diagnostic
    from email_events where ${within(chunk, 'reg')} order by reg`.execute(db);
  alongside(rows, events.rows, (row, event) => {
    if (row.since !== null && event.at <= row.since.getTime()) return;
    if (row.events === NOTHING) row.events = [];
    row.events.push(event);
  });
  const sends = await sql<{ reg: string; at: Date }>`
    select reg, intended_at as at from email_messages where ${within(chunk, 'reg')} order by reg, intended_at`.execute(
    db,
  );
  alongside(rows, sends.rows, (row, { at }) => {
    if (row.since === null || at > row.since) row.sends = { count: row.sends.count + 1, lastSentAt: at };
  });
  return rows;
}

/** Goes through rows and what belongs to them, both in the order of their registrations: a map of them cost more than the rest. */
function alongside<Belonging extends { reg: string }>(
  rows: readonly Row[],
  belongings: readonly Belonging[],
  give: (row: Row, belonging: Belonging) => void,
): void {
  let at = 0;
  for (const belonging of belongings) {
    const reg = Number(belonging.reg);
    while (at < rows.length && Number(rows[at]?.reg) < reg) at++;
    const row = rows[at];
    if (row?.reg === belonging.reg) give(row, belonging);
  }
}

/** Commits the intent: a mail that may have gone out is known, and never goes out twice. */
export async function intendMessages(db: Db, messages: readonly Message[], at: Date): Promise<void> {
  if (messages.length === 0) return;
  await sql`
    insert into email_messages (message_id, reg, token, number, intended_at)
    select message_id, n.reg, token, coalesce((select max(number) from email_messages m where m.reg = n.reg), 0) + 1, ${at}
    from unnest(${messages.map((m) => m.messageId)}::text[], ${messages.map((m) => m.reg)}::bigint[],
      ${messages.map((m) => m.token)}::text[]) as n (message_id, reg, token)`.execute(db);
}

/** Keeps one answer as it comes; an answer that speaks of the address is an event like an imported one. */
export async function keepAnswer(db: Db, message: Message, answer: string, event: EmailEvent | null): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`update email_messages set answer = ${answer}, answered_at = clock_timestamp() where message_id = ${message.messageId}`.execute(
      tx,
    );
    if (!event) return;
    await sql`
      insert into email_events (reg, at, type, dsn, diagnostic)
      values (${message.reg}, ${new Date(event.at)}, ${event.type}, ${event.dsn ?? ''}, ${event.diagnostic ?? ''})
      on conflict do nothing`.execute(tx);
  });
}

export function save(tx: Tx, chunk: Chunk, decided: readonly Decided[]): Promise<Counts> {
  return saveVerdicts(tx, 'email', chunk, decided);
}

export function park(tx: Tx, chunk: Chunk, why: string): Promise<Counts> {
  return parkRecord(tx, 'email', chunk, why);
}
