import { noOutcomes, type Outcomes } from '../../db/counterpart.ts';

/** What a process has seen of its calls and not told yet. */
export interface Untold {
  add(seen: Partial<Outcomes>): void;
  /** Hands everything over; what could not be told is told the next time. */
  telling<T>(tell: (told: Outcomes) => Promise<T>): Promise<T>;
}

export function createUntold(): Untold {
  let untold = noOutcomes;
  return {
    add: (seen) => {
      untold = added(untold, { ...noOutcomes, ...seen });
    },
    async telling(tell) {
      const told = untold;
      untold = noOutcomes;
      try {
        return await tell(told);
      } catch (error) {
        untold = added(told, untold);
        throw error;
      }
    },
  };
}

/** Outcomes, and those that came after them. */
function added(before: Outcomes, after: Outcomes): Outcomes {
  return {
    ended: before.ended + after.ended,
    unspent: before.unspent + after.unspent,
    answered: before.answered || after.answered,
    failures: after.answered ? after.failures : before.failures + after.failures,
    wasTry: before.wasTry || after.wasTry,
    left: before.left === null || after.left === null ? (after.left ?? before.left) : Math.min(before.left, after.left),
    refusedUntil: after.refusedUntil ?? before.refusedUntil,
  };
}
