import { Households } from './households.ts';
import { type Compare, compareBy, orderOf } from './order.ts';
import { type DrawRule, type Pool, PUBLIC, WHITELIST } from './pool.ts';
import { type ProvinceQuota, sortQuota, whitelistSeats } from './quota.ts';
import type { DrawResult } from './result.ts';
import { ticketsOf } from './tickets.ts';

const PROVINCES = 100;
const TRACKS = 2;

/**
 * The draw of contract section 6. Pure: the same pool, quota, rule and seed give the same result for ever, everywhere.
 *
 * Once passed over for a full household, always passed over: counts only grow. So every queue is read once, forwards.
 * Those passed over are on the waiting list, in its order, like everybody else without a place.
 *
 * ```ts
 * const result = draw(pool, [{ provinceCode: '32', seats: 2 }], rule, seedOf(commitmentBytes, '00ff'));
 * registrationIdOf(pool, result.entries[0]); // rank 1
 * ```
 * @param tickets of `ticketsOf` or filled range by range by a `ticketer`; computed when left out
 * @throws RangeError for a province that is there twice or a share that is not a decimal from 0 to 1
 */
export function draw(
  pool: Pool,
  quota: readonly ProvinceQuota[],
  rule: DrawRule,
  seed: Uint8Array,
  tickets: Uint8Array = ticketsOf(pool, seed),
): DrawResult {
  if (new Set(quota.map((line) => line.provinceCode)).size !== quota.length)
    throw new RangeError('a province is there twice');
  const seatsInAll = quota.reduce((all, line) => all + line.seats, 0);
  const order = orderOf(pool, rule, tickets);
  const places = new Places(pool, rule.kk_cap, seatsInAll);
  const queues = queuesByProvinceAndTrack(pool, order);
  const compare = compareBy(pool, rule, tickets);
  for (const { provinceCode, seats } of sortQuota(quota)) {
    const whitelist = queues[Number(provinceCode) * TRACKS + WHITELIST] as Queue;
    const open = queues[Number(provinceCode) * TRACKS + PUBLIC] as Queue;
    const first = whitelistSeats(seats, rule.whitelist_share);
    let free = seats;
    free -= places.take(whitelist, first);
    free -= places.take(open, seats - first);
    places.takeFromBoth(whitelist, open, free, compare);
  }
  places.take({ entries: order, next: 0, end: order.length }, seatsInAll - places.taken);
  const selectedCount = places.taken;
  return { entries: places.withWaitingList(order), selectedCount, tickets };
}

/** People of one province and track in the order of the draw; everybody before `next` has a place or was passed over. */
interface Queue {
  readonly entries: Uint32Array;
  next: number;
  readonly end: number;
}

/** Distributes the order into one queue per province and track, all in one array: a stable counting sort. */
function queuesByProvinceAndTrack(pool: Pool, order: Uint32Array): Queue[] {
  const queueOf = (index: number) => (pool.province[index] as number) * TRACKS + (pool.track[index] as number);
  const ends = new Uint32Array(PROVINCES * TRACKS);
  for (let i = 0; i < pool.size; i++) ends[queueOf(i)] = (ends[queueOf(i)] as number) + 1;
  const starts = new Uint32Array(PROVINCES * TRACKS);
  for (let q = 1; q < ends.length; q++) {
    starts[q] = ends[q - 1] as number;
    ends[q] = (ends[q] as number) + (starts[q] as number);
  }
  const entries = new Uint32Array(pool.size);
  const next = starts.slice();
  for (const index of order) {
    const queue = queueOf(index);
    entries[next[queue] as number] = index;
    next[queue] = (next[queue] as number) + 1;
  }
  return Array.from(ends, (end, q) => ({ entries, next: starts[q] as number, end }));
}

/** Who has a place so far, in the order of selection. */
class Places {
  readonly #households: Households;
  readonly #hasPlace: Uint8Array;
  readonly #entries: Uint32Array;
  #taken = 0;

  constructor(pool: Pool, kkCap: number, seatsInAll: number) {
    this.#households = new Households(pool, kkCap, seatsInAll);
    this.#hasPlace = new Uint8Array(pool.size);
    this.#entries = new Uint32Array(pool.size);
  }

  get taken(): number {
    return this.#taken;
  }

  /** Up to `limit` places to the next in the queue. @returns how many were given */
  take(queue: Queue, limit: number): number {
    let given = 0;
    while (given < limit && queue.next < queue.end) given += this.#offer(queue.entries[queue.next++] as number);
    return given;
  }

  /** Up to `limit` places to the next of two queues in one order. */
  takeFromBoth(a: Queue, b: Queue, limit: number, compare: Compare): void {
    for (let given = 0; given < limit; ) {
      if (a.next === a.end) {
        this.take(b, limit - given);
        return;
      }
      const aFirst = b.next === b.end || compare(a.entries[a.next] as number, b.entries[b.next] as number) < 0;
      const queue = aFirst ? a : b;
      given += this.#offer(queue.entries[queue.next++] as number);
    }
  }

  /** Those with a place by rank, then everybody else in order. */
  withWaitingList(order: Uint32Array): Uint32Array {
    let rank = this.#taken;
    for (const index of order) if (this.#hasPlace[index] === 0) this.#entries[rank++] = index;
    return this.#entries;
  }

  /** @returns 1 when the entry got a place; 0 when it has one already or its household is full */
  #offer(index: number): 0 | 1 {
    if (this.#hasPlace[index] === 1 || this.#households.isFull(index)) return 0;
    this.#households.add(index);
    this.#hasPlace[index] = 1;
    this.#entries[this.#taken++] = index;
    return 1;
  }
}
