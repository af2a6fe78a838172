import { sql } from 'kysely';
import type { Database, Tx } from '../connection.ts';
import { asOurs, lockMerging, retryingDeadlocks, withSession } from '../session.ts';
import { type Column, type Fault, optionalText, unstorable } from './columns.ts';
import { type EmailEventType, emailEvents, eventColumns, storeResolvedEvents } from './email-events.ts';
import type { ImportResult } from './execute.ts';
import { closeLoad, openLoad, tally } from './load.ts';
import { countOf } from './merge.ts';
import { type QuarantineFiles, recordFaults, writeQuarantine } from './quarantine.ts';
import type { DataRecord } from './records.ts';
import { createStage, StageWriter } from './stage.ts';

/** What a raw message said about a recipient, who is named in any of four ways. */
export interface EmailEvent {
  readonly registrationId?: string;
  readonly reg?: string;
  /** The VERP token: `email_messages.token`. */
  readonly token?: string;
  /** The address, as the mail server wrote it; used when nothing above is known here. */
  readonly address?: string;
  readonly type: EmailEventType;
  readonly at: Date;
  readonly dsn: string;
  readonly diagnostic: string;
}

export interface EmailEventsInfo {
  readonly kind: string;
  /** As the user named it; its base name goes into `loads`. */
  readonly file: string;
  readonly fileName: string;
  readonly sha256: string | null;
  readonly now: Date;
  readonly quarantineDir: string;
}

const columns: readonly Column[] = [
  optionalText('registration_id'),
  { ...optionalText('number'), check: (value) => (/^\d{0,18}$/.test(value) ? undefined : 'not a registration number') },
  optionalText('token'),
  optionalText('address'),
  ...eventColumns,
];

function valuesOf(event: EmailEvent): string[] | Fault {
  const at = Number.isNaN(event.at.getTime()) ? '' : event.at.toISOString();
  const { registrationId = '', reg = '', token = '', address = '', type, dsn, diagnostic } = event;
  const values = [registrationId, reg, token, address, type, at, dsn, diagnostic];
  for (const [i, value] of values.entries()) {
    const reason = unstorable(value);
    if (reason !== undefined) return { column: columns[i]?.name ?? '', reason };
  }
  return values;
}

/** Domains are the same in any case; before the @, who knows (RFC 5321, section 2.4). */
const sameAddress = (a: string, b: string) => sql`(lower(${sql.raw(a)}) = lower(${sql.raw(b)})
  and substring(${sql.raw(a)} from '^(.*)@') = substring(${sql.raw(b)} from '^(.*)@'))`;

/** Fills `resolved`: by number, id or token, else by address, where the registrations that stand go before the others. */
async function resolve(tx: Tx): Promise<void> {
  await sql`
    create temp table resolved on commit drop as
    select coalesce(g.reg, r.reg, m.reg) as reg, s.line, s.type, s.at, s.dsn, s.diagnostic
    from stage s
    left join registrations g on g.reg = nullif(s.number, '')::bigint
    left join registrations r on r.registration_id = s.registration_id
    left join email_messages m on m.token = s.token`.execute(tx);
  await sql`
    create temp table addressed on commit drop as
    select s.line, r.reg, v.reg is not null as stands
    from resolved q join stage s on s.line = q.line
    join registrations r on ${sameAddress('r.email', 's.address')}
    left join verdicts_dedupe v on v.reg = r.reg and v.outcome = 'passed'
    where q.reg is null and s.address <> ''`.execute(tx);
  await sql`
    insert into resolved
    select a.reg, s.line, s.type, s.at, s.dsn, s.diagnostic from addressed a join stage s on s.line = a.line
    where a.stands or not exists (select from addressed b where b.line = a.line and b.stands)`.execute(tx);
  await sql`
    with unmatched as (delete from resolved where reg is null returning line)
    insert into fault select line, '', 'no registration matches the recipient' from unmatched
    where line not in (select line from addressed)`.execute(tx);
}

/** Stages the events; returns how many there were. Their number in the stream stands for a line. */
async function stageEvents(writer: StageWriter, events: AsyncIterable<EmailEvent>): Promise<number> {
  let line = 0;
  for await (const event of events) {
    line++;
    const record: DataRecord = { line, text: '' };
    await writer.write([record], () => valuesOf(event));
  }
  await writer.end();
  return line;
}

/**
 * Stores what raw messages said (`prakerja import bounces`): new events have their people decided again. A recipient whom
 * nobody matches is quarantined; `line` in the quarantine file is the event's number in the stream, and the messages
 * stay where the caller has them.
 * @throws PrakerjaError; then nothing was changed.
 */
export async function storeEmailEvents(
  database: Database,
  info: EmailEventsInfo,
  events: AsyncIterable<EmailEvent>,
): Promise<ImportResult> {
  let files: QuarantineFiles | undefined;
  try {
    const counts = await withSession(database, async (tx, client) => {
      const load = { kind: info.kind, file_name: info.fileName, received_at: info.now };
      const loadId = await openLoad(tx, load);
      const kind = { format: 'ndjson', table: emailEvents.table, columns, merge: async () => 0 } as const;
      await createStage(tx, kind);
      const read = await stageEvents(new StageWriter(kind, tx, client), events);
      const imported = await retryingDeadlocks(tx, async () => {
        await lockMerging(tx, emailEvents.table);
        await resolve(tx);
        await storeResolvedEvents(tx, loadId);
        // One message may speak of several registrations: lines are counted, not events.
        return countOf(
          tx,
          sql`(select distinct s.line from resolved s join email_events e using (reg, at, type, dsn) where e.load_id = ${loadId}) q`,
        );
      });
      const counted = tally(read, imported, await recordFaults(tx, loadId));
      await closeLoad(tx, loadId, info.sha256, counted);
      if (counted.quarantined > 0)
        files = await writeQuarantine(tx, info.quarantineDir, `${info.kind}-${loadId}`, undefined);
      return counted;
    });
    return { file: info.file, ...counts, quarantine_file: files?.list ?? null, note: null };
  } catch (error) {
    await files?.remove();
    throw asOurs(error);
  }
}
