import { hexText } from './lines.ts';
import { compareBy } from './order.ts';
import { findInPool, PUBLIC, WHITELIST } from './pool.ts';
import { sortQuota, whitelistSeats } from './quota.ts';
import { type Explained, explainEntry } from './result.ts';
import { TICKET_BYTES } from './tickets.ts';
import type { Drawn } from './verify/verify.ts';

/** From whose places: one's own track's of the province, what was left over in the province, or nationwide. */
export type PlacesOf = 'track' | 'province' | 'nation';

export type Why =
  | { readonly kind: 'selected'; readonly placesOf: PlacesOf }
  /** Passed over: `prior` of earlier batches and `selected` of this draw with the same family card are `cap` or more. */
  | { readonly kind: 'household'; readonly prior: number; readonly selected: number; readonly cap: number }
  /** The places were used up before; `last` is the last selected of the same province and track, if there is one. */
  | { readonly kind: 'order'; readonly last: { readonly ticket: string; readonly score: number | null } | undefined };

/** What the draw decided about one person, and why. */
export interface ExplainedPerson extends Explained {
  readonly kind: 'person';
  /** Null unless the order uses it. */
  readonly score: number | null;
  readonly people: number;
  /** Place on the waiting list, from 1; undefined when selected. */
  readonly waitingRank: number | undefined;
  readonly why: Why;
  /** What the decree says of them; undefined where there is none, or it leaves them on the waiting list. */
  readonly decree:
    | { readonly decision: 'confirmed' | 'removed' | 'promoted'; readonly reason: string; readonly replaces: string }
    | undefined;
}

export type Explanation =
  | ExplainedPerson
  | { readonly kind: 'not_in_pool'; readonly registrationId: string }
  | { readonly kind: 'not_an_id'; readonly registrationId: string };

/** Whether a text can be a registration_id at all (contract, section 3). */
export function isRegistrationId(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(text);
}

/** What a draw, computed again, decided about a registration and why. At 12 million people about 50 ms. */
export function explain(drawn: Drawn, registrationId: string): Explanation {
  if (!isRegistrationId(registrationId)) return { kind: 'not_an_id', registrationId };
  const { pool, result, commitment } = drawn;
  const index = findInPool(pool, registrationId);
  const entry = explainEntry(pool, result, registrationId);
  if (index === undefined || entry === undefined) return { kind: 'not_in_pool', registrationId };
  const selected = entry.decision === 'selected';
  return {
    kind: 'person',
    ...entry,
    score: commitment.policy.order === 'lottery' ? null : (pool.score[index] as number),
    people: pool.size,
    waitingRank: selected ? undefined : entry.rank - result.selectedCount,
    why: selected ? { kind: 'selected', placesOf: placesOf(drawn, entry.rank - 1) } : whyNot(drawn, index),
    decree: decreed(drawn, index, selected),
  };
}

function decreed({ decree }: Drawn, index: number, selected: boolean): ExplainedPerson['decree'] {
  const change = decree?.get(index);
  if (change) return { decision: change.decision, reason: change.reason, replaces: change.replaces };
  return decree && selected ? { decision: 'confirmed', reason: '', replaces: '' } : undefined;
}

/** Ranks − 1 of the places of one province, one step after the other. */
interface ProvincePlaces {
  readonly province: number;
  readonly seats: number;
  /** Seats of its whitelist track. */
  readonly first: number;
  /** From `start` the whitelist track's, from `open` the public track's, from `left` what was left over, to `end`. */
  readonly start: number;
  readonly open: number;
  readonly left: number;
  readonly end: number;
}

/**
 * The places of each province, in order; those after the last are nationwide. Told from the order of selection alone:
 * a step ends at the first who does not belong to it, for then its queue was used up, or at its last place.
 */
function provincePlaces({ pool, quota, result, commitment }: Drawn): readonly ProvincePlaces[] {
  let at = 0;
  const skip = (limit: number, belongs: (index: number) => boolean) => {
    const end = Math.min(result.selectedCount, at + limit);
    while (at < end && belongs(result.entries[at] as number)) at++;
    return at;
  };
  return sortQuota(quota).map(({ provinceCode, seats }) => {
    const province = Number(provinceCode);
    const here = (index: number) => pool.province[index] === province;
    const first = whitelistSeats(seats, commitment.policy.whitelist_share);
    const start = at;
    const open = skip(first, (index) => here(index) && pool.track[index] === WHITELIST);
    const left = skip(seats - first, (index) => here(index) && pool.track[index] === PUBLIC);
    const end = skip(seats - (left - start), here);
    return { province, seats, first, start, open, left, end };
  });
}

function placesOf(drawn: Drawn, place: number): PlacesOf {
  for (const { left, end } of provincePlaces(drawn)) {
    if (place < left) return 'track';
    if (place < end) return 'province';
  }
  return 'nation';
}

/** On the waiting list: it was their turn but the household was full, or the places were used up before. */
function whyNot(drawn: Drawn, index: number): Why {
  const { pool, result, commitment } = drawn;
  const { policy } = commitment;
  const compare = compareBy(pool, policy, result.tickets);
  let last: number | undefined;
  let selected = 0;
  for (const holder of result.entries.subarray(0, result.selectedCount)) {
    if (pool.kkHigh[holder] === pool.kkHigh[index] && pool.kkLow[holder] === pool.kkLow[index]) selected++;
    if (pool.province[holder] !== pool.province[index] || pool.track[holder] !== pool.track[index]) continue;
    if (last === undefined || compare(last, holder) < 0) last = holder;
  }
  const later = (holder: number) => compare(index, holder) < 0;
  if ((last !== undefined && later(last)) || wasOffered(drawn, index, later))
    return { kind: 'household', prior: pool.kkPrior[index] as number, selected, cap: policy.kk_cap };
  if (last === undefined) return { kind: 'order', last };
  const ticket = hexText(result.tickets, last * TICKET_BYTES, (last + 1) * TICKET_BYTES);
  return { kind: 'order', last: { ticket, score: policy.order === 'lottery' ? null : (pool.score[last] as number) } };
}

/**
 * Whether a place was offered to somebody on the waiting list: a step they belong to gave a place to somebody later in
 * the order, or it had places that nobody was left for.
 */
function wasOffered(drawn: Drawn, index: number, later: (holder: number) => boolean): boolean {
  const { pool, quota, result } = drawn;
  const someLater = (from: number, end: number) => result.entries.subarray(from, end).some(later);
  const provinces = provincePlaces(drawn);
  const here = provinces.find(({ province }) => province === pool.province[index]);
  if (here) {
    const { seats, first, start, open, left, end } = here;
    const tracksPlacesStayed = pool.track[index] === WHITELIST ? open - start < first : left - open < seats - first;
    if (tracksPlacesStayed || end - start < seats || someLater(left, end)) return true;
  }
  const seatsInAll = quota.reduce((all, { seats }) => all + seats, 0);
  return result.selectedCount < seatsInAll || someLater(provinces.at(-1)?.end ?? 0, result.selectedCount);
}
