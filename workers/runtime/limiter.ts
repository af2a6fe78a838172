import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Db } from '../../db/connection.ts';
import { addCounterpart, leaseMoments, type Outcomes, pauseCounterpart, tellOutcomes } from '../../db/counterpart.ts';
import type { CallEnd, Permit } from '../../jobs/permit.ts';
import { createMoments } from './moments.ts';
import { createUntold } from './outcomes.ts';

/** Hands out moments at which a call may be sent, over all processes. */
export interface Limiter {
  /** Resolves when the caller may send one call, and must send it at once; or with why nobody may. */
  permit(signal: AbortSignal): Promise<Permit>;
  /** Every call that was permitted comes back here. */
  ended(permit: Permit, end: CallEnd): void;
  /** Tells the others what became of the calls so far. */
  settle(): Promise<void>;
  /** The counterpart asked everybody to stay away for a while: moments that were leased here are dropped. */
  pause(seconds: number): Promise<void>;
  /** What this process has done so far. */
  readonly seen: Readonly<PermitsSeen>;
  /** Gives back what was charged and not used. */
  close(): Promise<void>;
}

export interface PermitsSeen {
  permits: number;
  /** Moments that were missed, and not used. */
  lost: number;
  /** The latest that a permit came after its moment. */
  late_ms: number;
}

export interface LimiterOptions {
  readonly rate_per_second: number;
  /** Calls a day (WIB); unset: no limit but the counterpart's own. */
  readonly quota?: number | undefined;
  /** The rules' now: which day it is. */
  readonly now?: () => Date;
}

/**
 * How much later than its moment a call may arrive, in ms. Calls of moments `gap` apart that arrive up to J late fall
 * into a sliding second at most (1000 + J) / gap at a time; so the gap is (1000 + J) / R and no second has more than R.
 */
const SPREAD_MS = 30;
/** What of the spread is left to us; the rest is the network's. A moment that is missed by more is not used. */
const LATE_MAX_MS = 10;
/** Who waits looks up so often whether the call is still wanted. */
const LOOK_UP_MS = 250;
/** Nobody has called for so long: all moments that were leased are over. */
const IDLE_MS = 500;

/**
 * The exact limiter: moments (1000 + J) / R ms apart, leased from one row per counterpart on PostgreSQL's clock, so that
 * any number of processes together send at most R calls in any sliding second, as the counterpart sees them. Unused
 * moments expire. The daily quota and the breaker are kept in the same row.
 */
export async function createLimiter(
  db: Db,
  name: string,
  { rate_per_second, quota, now = () => new Date() }: LimiterOptions,
): Promise<Limiter> {
  await addCounterpart(db, name);
  const terms = { name, rate_per_second, quota, spread_ms: SPREAD_MS };
  const untold = createUntold();
  const moments = createMoments(() => untold.telling((told) => leaseMoments(db, terms, told, now())), LATE_MAX_MS);
  /** One waits for the next moment and the others behind it, so that a pause finds no moments in anybody's hands. */
  const inTurn = pLimit(1);
  const seen: PermitsSeen = { permits: 0, lost: 0, late_ms: 0 };
  let idle: NodeJS.Timeout | undefined;

  async function wait(signal: AbortSignal): Promise<Permit> {
    for (;;) {
      signal.throwIfAborted();
      const moment = await moments.next();
      if (moment.kind !== 'moment') return moment;
      for (let wait_ms = moment.at_ms - performance.now(); wait_ms > 0; wait_ms = moment.at_ms - performance.now()) {
        await pause(Math.min(Math.ceil(wait_ms), LOOK_UP_MS));
        if (!signal.aborted) continue;
        untold.add({ unspent: 1, wasTry: moment.isTry });
        signal.throwIfAborted();
      }
      const now_ms = performance.now();
      if (now_ms <= moment.until_ms) {
        seen.permits++;
        seen.late_ms = Math.max(seen.late_ms, now_ms - moment.at_ms);
        return { kind: 'go', isTry: moment.isTry };
      }
      seen.lost++;
      untold.add({ unspent: 1, wasTry: moment.isTry });
    }
  }

  const tell = () => untold.telling((told) => tellOutcomes(db, name, told, now()));
  const giveBack = async () => {
    if (inTurn.activeCount + inTurn.pendingCount > 0) return;
    const unspent = moments.drop();
    untold.add({ unspent });
    if (unspent > 0) await tell();
  };
  return {
    seen,
    permit: (signal) => inTurn(wait, signal),
    ended: (permit, end) => {
      const { left } = end;
      // Leased before we knew how little is left.
      if (left !== null && left < moments.left()) untold.add({ unspent: moments.drop() });
      untold.add({ ...outcomeOf(end), wasTry: permit.kind === 'go' && permit.isTry });
    },
    settle: async () => {
      await tell();
      clearTimeout(idle);
      idle = setTimeout(() => giveBack().catch(() => undefined), IDLE_MS).unref();
    },
    pause: async (seconds) => {
      untold.add({ unspent: moments.drop() });
      await pauseCounterpart(db, name, seconds);
    },
    close: async () => {
      clearTimeout(idle);
      // With the database gone a few calls of today's quota are lost, and nothing else.
      await giveBack().catch(() => undefined);
    },
  };
}

function outcomeOf({ answered, unspent, left, refusedUntil }: CallEnd): Partial<Outcomes> {
  return { ...(unspent ? { unspent: 1 } : { ended: 1 }), answered, failures: answered ? 0 : 1, left, refusedUntil };
}
