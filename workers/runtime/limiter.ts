import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../../db/connection.ts';

/** Hands out moments at which a call may be sent, over all processes. */
export interface Limiter {
  /** Resolves when the caller may send one call, and must send it at once. */
  permit(signal: AbortSignal): Promise<void>;
  /** The counterpart asked everybody to stay away for a while: moments that were leased here are dropped. */
  pause(seconds: number): Promise<void>;
}

/** Moments are leased a tenth of a second at a time: one statement per call would cost more than the calls. */
const LEASES_PER_SECOND = 10;
/**
 * How much later than its moment a call may arrive, in ms. Calls of moments `gap` apart that arrive up to J late fall
 * into a sliding second at most (1000 + J) / gap at a time; so the gap is (1000 + J) / R and no second has more than R.
 */
const SPREAD_MS = 30;
/** What of the spread is left to us; the rest is the network's. A moment that is missed by more is not used. */
const LATE_MAX_MS = 20;

interface Moment {
  readonly at_ms: number;
  /** Sent after this, the call could arrive in a second that is full. */
  readonly until_ms: number;
}
/** Who waits looks up so often whether the call is still wanted. */
const LOOK_UP_MS = 250;

/**
 * The exact limiter: moments (1000 + J) / R ms apart, leased from one row per counterpart on PostgreSQL's clock, so that
 * any number of processes together send at most R calls in any sliding second, as the counterpart sees them. Unused
 * moments expire.
 */
export async function createLimiter(db: Db, name: string, rate_per_second: number): Promise<Limiter> {
  await sql`insert into counterparts (name) values (${name}) on conflict do nothing`.execute(db);
  const group = Math.max(1, Math.floor(rate_per_second / LEASES_PER_SECOND));
  const gap_ms = (1000 + SPREAD_MS) / rate_per_second;
  const span_ms = group * gap_ms;
  let moments: Moment[] = [];
  let leasing: Promise<void> | undefined;

  async function lease(): Promise<void> {
    const asked_ms = performance.now();
    const { rows } = await sql<{ wait_ms: number }>`
      update counterparts set next_at = greatest(next_at, clock_timestamp()) + make_interval(secs => ${span_ms / 1000})
      where name = ${name}
      returning (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 - ${span_ms}::float8 as wait_ms`.execute(
      db,
    );
    const wait_ms = rows[0]?.wait_ms ?? 0;
    // The server's moment lies between asking and answering: not before the answer is never early, late counts from the asking.
    const [first_ms, last_ms] = [performance.now() + wait_ms, asked_ms + wait_ms + LATE_MAX_MS];
    for (let i = 0; i < group; i++) moments.push({ at_ms: first_ms + i * gap_ms, until_ms: last_ms + i * gap_ms });
  }

  /** The next group is leased while this one is used, or the time of a statement would be lost ten times a second. */
  function leaseAhead(): Promise<void> {
    leasing ??= lease().finally(() => {
      leasing = undefined;
    });
    return leasing;
  }

  async function next(): Promise<Moment> {
    while (moments.length === 0) await leaseAhead();
    const moment = moments.shift() as Moment;
    if (moments.length <= group / 2) leaseAhead().catch(() => undefined);
    return moment;
  }

  return {
    permit: async (signal) => {
      for (;;) {
        signal.throwIfAborted();
        const { at_ms, until_ms } = await next();
        for (let wait_ms = at_ms - performance.now(); wait_ms > 0; wait_ms = at_ms - performance.now()) {
          await pause(Math.min(Math.ceil(wait_ms), LOOK_UP_MS));
          signal.throwIfAborted();
        }
        if (performance.now() <= until_ms) return;
      }
    },
    pause: async (seconds) => {
      moments = [];
      await sql`
        update counterparts set next_at = greatest(next_at, clock_timestamp() + make_interval(secs => ${seconds}))
        where name = ${name}`.execute(db);
    },
  };
}
