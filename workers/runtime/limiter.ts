import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import pLimit from 'p-limit';
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

/** A group of moments, `gap` apart. */
interface Lease {
  readonly first_ms: number;
  /** Sent so much later than its moment, a call could arrive in a second that is full: until then for the first. */
  readonly until_ms: number;
  used: number;
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
  let leases: Lease[] = [];
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
    leases.push({ first_ms: performance.now() + wait_ms, until_ms: asked_ms + wait_ms + LATE_MAX_MS, used: 0 });
  }

  /** The next group is leased while this one is used, or the time of a statement would be lost ten times a second. */
  function leaseAhead(): Promise<void> {
    leasing ??= lease().finally(() => {
      leasing = undefined;
    });
    return leasing;
  }

  /** The next moment: when it is, and until when it may be used. */
  async function next(): Promise<{ at_ms: number; until_ms: number }> {
    while (leases.length === 0) await leaseAhead();
    const lease = leases[0] as Lease;
    const after_ms = lease.used++ * gap_ms;
    if (lease.used === group) leases.shift();
    if (leases.length <= 1 && lease.used >= group / 2) leaseAhead().catch(() => undefined);
    return { at_ms: lease.first_ms + after_ms, until_ms: lease.until_ms + after_ms };
  }

  /** One waits for the next moment and the others behind it, so that a pause finds no moments in anybody's hands. */
  const inTurn = pLimit(1);
  async function wait(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const { at_ms, until_ms } = await next();
      for (let wait_ms = at_ms - performance.now(); wait_ms > 0; wait_ms = at_ms - performance.now()) {
        await pause(Math.min(Math.ceil(wait_ms), LOOK_UP_MS));
        signal.throwIfAborted();
      }
      if (performance.now() <= until_ms) return;
    }
  }

  return {
    permit: (signal) => inTurn(wait, signal),
    pause: async (seconds) => {
      leases = [];
      await sql`
        update counterparts set next_at = greatest(next_at, clock_timestamp() + make_interval(secs => ${seconds}))
        where name = ${name}`.execute(db);
    },
  };
}
