import type { Moments } from '../../db/counterpart.ts';
import type { Refusal } from '../../jobs/permit.ts';

/** A moment at which one call may be sent, on this process's clock; after `until_ms` it is lost. */
export interface Moment {
  readonly kind: 'moment';
  readonly at_ms: number;
  readonly until_ms: number;
  /** The one call that tries an open breaker. */
  readonly isTry: boolean;
}

/** The moments that this process has leased. */
export interface MomentSource {
  next(): Promise<Moment | Refusal>;
  /** Leased and not used yet. */
  left(): number;
  /** Drops what was leased; returns how many moments that were. */
  drop(): number;
}

/** Leases the next group while one is used, or the time of a statement would be lost ten times a second. */
export function createMoments(lease: () => Promise<Moments | Refusal>, late_ms: number): MomentSource {
  let leases: { readonly moments: Moments; used: number }[] = [];
  let leasing: Promise<Refusal | undefined> | undefined;
  const leaseOnce = async () => {
    const leased = await lease();
    if (leased.kind !== 'moments') return leased;
    leases.push({ moments: leased, used: 0 });
    return undefined;
  };
  const leaseAhead = () => {
    leasing ??= leaseOnce().finally(() => {
      leasing = undefined;
    });
    return leasing;
  };
  const left = () => leases.reduce((sum, { moments, used }) => sum + moments.count - used, 0);
  return {
    left,
    async next() {
      while (leases.length === 0) {
        const refused = await leaseAhead();
        if (refused) return refused;
      }
      const first = leases[0] as (typeof leases)[number];
      const { count, gap_ms, first_ms, latest_ms, isTry } = first.moments;
      const after_ms = first.used++ * gap_ms;
      if (first.used === count) leases.shift();
      if (leases.length <= 1 && first.used >= count / 2 && !isTry) leaseAhead().catch(() => undefined);
      return { kind: 'moment', at_ms: first_ms + after_ms, until_ms: latest_ms + after_ms + late_ms, isTry };
    },
    drop() {
      const unused = left();
      leases = [];
      return unused;
    },
  };
}
