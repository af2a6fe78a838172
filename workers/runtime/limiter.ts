import { sql } from 'kysely';
import type { Db } from '../../db/connection.ts';

/** Hands out moments at which a call may be sent, over all processes. */
export interface Limiter {
  /** Resolves when the caller may send one call. */
  permit(signal: AbortSignal): Promise<void>;
  /** The counterpart asked everybody to stay away for a while: moments that were leased here are dropped. */
  pause(seconds: number): Promise<void>;
}

/** Permits are leased in small groups: one statement per call would cost more than the calls. */
const LEASES_PER_SECOND = 20;

/**
 * A plain limiter: moments 1/R apart, leased from one row per counterpart on PostgreSQL's clock, so that any number of
 * processes together stay at R calls a second. Unused moments expire. (Exact sliding windows, breaker: issue 5.)
 */
export async function createLimiter(db: Db, name: string, rate_per_second: number): Promise<Limiter> {
  await sql`insert into counterparts (name) values (${name}) on conflict do nothing`.execute(db);
  const group = Math.max(1, Math.floor(rate_per_second / LEASES_PER_SECOND));
  const gap_ms = 1000 / rate_per_second;
  let moments_ms: number[] = [];
  let leasing: Promise<void> | undefined;

  async function lease(): Promise<void> {
    const asked_ms = performance.now();
    const { rows } = await sql<{ wait_ms: number }>`
      update counterparts set next_at = greatest(next_at, clock_timestamp()) + make_interval(secs => ${group / rate_per_second})
      where name = ${name}
      returning (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 - ${group * gap_ms}::float8 as wait_ms`.execute(
      db,
    );
    const first_ms = asked_ms + Math.max(0, rows[0]?.wait_ms ?? 0);
    moments_ms = Array.from({ length: group }, (_, i) => first_ms + i * gap_ms);
  }

  return {
    permit: async (signal) => {
      while (moments_ms.length === 0) {
        leasing ??= lease().finally(() => {
          leasing = undefined;
        });
        await leasing;
        signal.throwIfAborted();
      }
      const at_ms = moments_ms.shift() as number;
      const wait_ms = at_ms - performance.now();
      if (wait_ms > 1) await new Promise((done) => setTimeout(done, wait_ms));
      signal.throwIfAborted();
    },
    pause: async (seconds) => {
      moments_ms = [];
      await sql`
        update counterparts set next_at = greatest(next_at, clock_timestamp() + make_interval(secs => ${seconds}))
        where name = ${name}`.execute(db);
    },
  };
}
