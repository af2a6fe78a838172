/** The breaker of a counterpart, as all processes share it. Times are ms on one clock. */
export interface Breaker {
  /** Calls in a row that brought no answer. */
  readonly failures: number;
  /** How often in a row it has opened. */
  readonly opens: number;
  /** Since when it is open; null: closed. */
  readonly openedAt_ms: number | null;
  /** Nobody calls before; from then on one call in all tries. */
  readonly openUntil_ms: number | null;
  /** That one call is under way. */
  readonly trying: boolean;
}

/** What calls that came to an end say about a counterpart. */
export interface Seen {
  /** One of them was answered. */
  readonly answered: boolean;
  /** The calls since the last answer that brought none. */
  readonly failures: number;
  /** One of them was the try that an open breaker lets through. */
  readonly wasTry: boolean;
}

export const closed: Breaker = { failures: 0, opens: 0, openedAt_ms: null, openUntil_ms: null, trying: false };

/** So many calls in a row without an answer are no coincidence: at one failure in two it happens once in a million. */
export const FAILURES_MAX = 20;
const OPEN_MS = 2000;
const OPEN_MS_MAX = 60_000;
/** A try that says nothing for longer than any time limit was lost with its process: another may try. */
const TRY_MS = 15_000;

/**
 * What the breaker is after some ends of calls. Calls that were under way when it opened say nothing new; only the try
 * that was let through closes it or opens it again, for twice as long with jitter.
 * @param random 0 to 1
 */
export function afterCalls(breaker: Breaker, seen: Seen, now_ms: number, random: number): Breaker {
  if (breaker.openedAt_ms !== null) {
    if (!seen.wasTry) return breaker;
    if (seen.answered) return closed;
    // A try that was never made leaves the next one free.
    return seen.failures > 0 ? opened(breaker, now_ms, random) : { ...breaker, openUntil_ms: now_ms, trying: false };
  }
  const failures = seen.answered ? seen.failures : breaker.failures + seen.failures;
  if (failures === breaker.failures) return breaker;
  return failures < FAILURES_MAX ? { ...breaker, failures } : opened({ ...breaker, failures }, now_ms, random);
}

function opened(breaker: Breaker, now_ms: number, random: number): Breaker {
  const longest_ms = Math.min(OPEN_MS_MAX, OPEN_MS * 2 ** breaker.opens);
  return {
    failures: breaker.failures,
    opens: breaker.opens + 1,
    openedAt_ms: breaker.openedAt_ms ?? now_ms,
    openUntil_ms: now_ms + longest_ms * (0.5 + random / 2),
    trying: false,
  };
}

/** Whether somebody may call now; the one who tries an open breaker leaves `breaker` behind for the others. */
export function mayCall(breaker: Breaker, now_ms: number): { calls: 'freely' | 'one try' | 'no'; breaker: Breaker } {
  if (breaker.openedAt_ms === null) return { calls: 'freely', breaker };
  if (now_ms < (breaker.openUntil_ms ?? now_ms)) return { calls: 'no', breaker };
  return { calls: 'one try', breaker: { ...breaker, openUntil_ms: now_ms + TRY_MS, trying: true } };
}
