import { sql } from 'kysely';
import { afterCalls, type Breaker, mayCall } from '../jobs/breaker.ts';
import type { Refusal } from '../jobs/permit.ts';
import { type CounterpartDay, leftOf } from '../jobs/quota.ts';
import { wibDate } from '../jobs/time.ts';
import type { Db, Tx } from './connection.ts';

/** The civil registry: under this name its rate, quota and breaker are kept. */
export const REGISTRY = 'dukcapil';

/** What a process has seen of its calls since it last told. */
export interface Outcomes {
  /** Calls that came to an end. */
  readonly ended: number;
  /** Charged, and never counted by the counterpart: not sent, or turned away at its door. */
  readonly unspent: number;
  readonly answered: boolean;
  /** Without an answer, since the last one that was. */
  readonly failures: number;
  /** One of them was the try that an open breaker lets through. */
  readonly wasTry: boolean;
  /** The least that the counterpart said is left today. */
  readonly left: number | null;
  /** It said that the quota is used up. */
  readonly refusedUntil: Date | null;
}

export const noOutcomes: Outcomes = {
  ended: 0,
  unspent: 0,
  answered: false,
  failures: 0,
  wasTry: false,
  left: null,
  refusedUntil: null,
};

export interface Terms {
  readonly name: string;
  /** Unless operations have set another. */
  readonly rate_per_second: number;
  /** Calls a day, as configured. */
  readonly quota: number | undefined;
  /** Moments are (1000 + spread) / rate apart. */
  readonly spread_ms: number;
}

/** Moments that one process may use, `gap_ms` apart. */
export interface Moments {
  readonly kind: 'moments';
  readonly count: number;
  readonly gap_ms: number;
  /** From when on the first is on this process's clock: never early, and never later than `latest_ms`. */
  readonly first_ms: number;
  readonly latest_ms: number;
  /** The one call that an open breaker lets through. */
  readonly isTry: boolean;
  /** Calls left today after these; null: no limit is known. */
  readonly left: number | null;
}

const unused: CounterpartDay = { used: 0, ended: 0, granted: null, refusedUntil: null };

interface Row extends Breaker, CounterpartDay {
  readonly now_ms: number;
  readonly rate_per_second: number | null;
}

/** Moments are leased a tenth of a second at a time: one statement per call would cost more than the calls. */
const LEASES_PER_SECOND = 10;
/** Near the end of a quota fewer, so that no process keeps what another could use. */
const SHARE_OF_LEFT = 10;

export async function addCounterpart(db: Db, name: string): Promise<void> {
  await sql`insert into counterparts (name) values (${name}) on conflict do nothing`.execute(db);
}

/**
 * Tells what became of earlier calls and leases the moments of the next: rate, pause, daily quota and breaker in one
 * transaction on one row, so that they hold over all processes. Calls are charged here, before they are sent.
 */
export function leaseMoments(db: Db, terms: Terms, outcomes: Outcomes, now: Date): Promise<Moments | Refusal> {
  return db.transaction().execute(async (tx) => {
    const row = await told(tx, terms.name, outcomes, now);
    const { calls, breaker } = mayCall(row, row.now_ms);
    if (calls === 'no') return { kind: 'open', ...openFor(row) };
    const left = leftOf(row, terms.quota, now);
    if (left === 0) return { kind: 'quota' };
    const rate_per_second = row.rate_per_second ?? terms.rate_per_second;
    const group = calls === 'one try' ? 1 : Math.floor(rate_per_second / LEASES_PER_SECOND);
    const count = Math.max(1, Math.min(group, Math.floor((left ?? Number.POSITIVE_INFINITY) / SHARE_OF_LEFT)));
    const gap_ms = (1000 + terms.spread_ms) / rate_per_second;
    await sql`update counterpart_days set used = used + ${count} where name = ${terms.name} and day = ${wibDate(now)}`.execute(
      tx,
    );
    const asked_ms = performance.now();
    const { rows } = await sql<{ wait_ms: number }>`
      update counterparts set open_until = ${at(breaker.openUntil_ms)}, trying = ${breaker.trying},
        next_at = greatest(next_at, clock_timestamp()) + make_interval(secs => ${(count * gap_ms) / 1000})
      where name = ${terms.name}
      returning (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 - ${count * gap_ms}::float8 as wait_ms`.execute(
      tx,
    );
    const wait_ms = rows[0]?.wait_ms ?? 0;
    // The server's moment lies between asking and answering.
    const [first_ms, latest_ms] = [performance.now() + wait_ms, asked_ms + wait_ms];
    return {
      kind: 'moments',
      count,
      gap_ms,
      first_ms,
      latest_ms,
      isTry: calls === 'one try',
      left: left === null ? null : left - count,
    };
  });
}

/** Tells what became of calls without asking for more. */
export async function tellOutcomes(db: Db, name: string, outcomes: Outcomes, now: Date): Promise<void> {
  await db.transaction().execute((tx) => told(tx, name, outcomes, now));
}

/** Writes outcomes down; the counterpart's row stays locked until the transaction ends. */
async function told(tx: Tx, name: string, outcomes: Outcomes, now: Date): Promise<Row> {
  const day = wibDate(now);
  // Two statements: a join would show the day as it was before the wait for the lock.
  const locked = await sql<Omit<Row, keyof CounterpartDay>>`
    select failures, opens, ${ms(sql`opened_at`)} as "openedAt_ms", ${ms(sql`open_until`)} as "openUntil_ms", trying, rate_per_second,
      ${ms(sql`clock_timestamp()`)} as now_ms
    from counterparts where name = ${name} for update`.execute(tx);
  const counterpart = locked.rows[0];
  if (!counterpart) throw new Error(`there is no counterpart "${name}"`);
  const days = await sql<CounterpartDay>`
    select used::float8 as used, ended::float8 as ended, granted::float8 as granted, refused_until as "refusedUntil"
    from counterpart_days where name = ${name} and day = ${day}`.execute(tx);
  const before: Row = { ...counterpart, ...(days.rows[0] ?? unused) };
  const ended = before.ended + outcomes.ended;
  const breaker = afterCalls(counterpart, outcomes, before.now_ms, Math.random());
  const row: Row = {
    ...before,
    ...breaker,
    ended,
    used: before.used - outcomes.unspent,
    granted: outcomes.left === null ? before.granted : ended + outcomes.left,
    refusedUntil: outcomes.refusedUntil ?? before.refusedUntil,
  };
  await sql`
    insert into counterpart_days (name, day, used, ended, granted, refused_until)
    values (${name}, ${day}, ${row.used}, ${row.ended}, ${row.granted}, ${row.refusedUntil})
    on conflict (name, day) do update set used = excluded.used, ended = excluded.ended, granted = excluded.granted,
      refused_until = excluded.refused_until`.execute(tx);
  if (outcomes.answered || breaker !== counterpart)
    await sql`
      update counterparts set failures = ${row.failures}, opens = ${row.opens}, opened_at = ${at(row.openedAt_ms)},
        open_until = ${at(row.openUntil_ms)}, trying = ${row.trying}, answered_at = case when ${outcomes.answered} then clock_timestamp() else answered_at end
      where name = ${name}`.execute(tx);
  return row;
}

function openFor({ now_ms, openUntil_ms, openedAt_ms, trying }: Row) {
  return {
    trying,
    again_seconds: Math.max(0, (openUntil_ms ?? now_ms) - now_ms) / 1000,
    open_seconds: (now_ms - (openedAt_ms ?? now_ms)) / 1000,
  };
}

/** It asked everybody to stay away for a while. */
export async function pauseCounterpart(db: Db, name: string, seconds: number): Promise<void> {
  await sql`
    update counterparts set next_at = greatest(next_at, clock_timestamp() + make_interval(secs => ${seconds}))
    where name = ${name}`.execute(db);
}

/** Calls that were not needed: an answer was kept, or the NIK is impossible. */
export async function countSaved(tx: Tx, name: string, calls: number, now: Date): Promise<void> {
  if (calls === 0) return;
  await addCounterpart(tx, name);
  await sql`
    insert into counterpart_days (name, day, saved) values (${name}, ${wibDate(now)}, ${calls})
    on conflict (name, day) do update set saved = counterpart_days.saved + excluded.saved`.execute(tx);
}

/** From now on, for workers that run too; null: what each was started with. */
export async function setRate(db: Db | Tx, name: string, rate_per_second: number | null): Promise<void> {
  await sql`
    insert into counterparts (name, rate_per_second) values (${name}, ${rate_per_second})
    on conflict (name) do update set rate_per_second = excluded.rate_per_second`.execute(db);
}

/** How a counterpart stands today. */
export interface CounterpartState extends CounterpartDay {
  readonly saved: number;
  readonly rate_per_second: number | null;
  /** Since when the breaker is open. */
  readonly openSince: Date | null;
}

export async function counterpartState(db: Db | Tx, name: string, now: Date): Promise<CounterpartState> {
  const { rows } = await sql<CounterpartState>`
    select coalesce(used, 0)::float8 as used, coalesce(ended, 0)::float8 as ended, coalesce(saved, 0)::float8 as saved,
      granted::float8 as granted, refused_until as "refusedUntil", rate_per_second, opened_at as "openSince"
    from (select ${name}::text as name) n left join counterparts c on c.name = n.name
    left join counterpart_days d on d.name = c.name and d.day = ${wibDate(now)}`.execute(db);
  return rows[0] as CounterpartState;
}

const ms = (moment: ReturnType<typeof sql>) => sql<number | null>`(extract(epoch from ${moment}) * 1000)::float8`;
const at = (moment_ms: number | null) => sql`to_timestamp(${moment_ms}::float8 / 1000)`;
