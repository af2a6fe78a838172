import { Households } from './households.ts';
import { LineError } from './lines.ts';
import { type DrawRule, type Pool, registrationIdOf } from './pool.ts';
import type { DrawResult } from './result.ts';

/** One line of decree.csv. */
export interface DecreeLine {
  readonly registrationId: string;
  readonly decision: 'confirmed' | 'removed' | 'promoted';
  /** Of the removed: a key of the reasons' registry. */
  readonly reason: string;
  /** Of the promoted: the registration_id whose place it is. */
  readonly replaces: string;
}

/** The reason why the person at a pool index may not be set now; undefined: they may. Asked of the selected, and of those on the waiting list whose turn comes. */
export type ScreenedOut = (index: number) => string | undefined;

/**
 * The lines of decree.csv (contract, section 6): one per selected person, by rank, `confirmed` or `removed`. Right
 * after a removed one stands who got the place, `promoted`: the first on the waiting list of the same province and
 * track, else of the province, else nationwide. Those on the waiting list are screened when their turn comes; who is
 * screened out is `removed` too, just before the one promoted in their stead, and named by nobody's `replaces`.
 * When the waiting list is used up, a removed person's place stays free: no `promoted` line follows.
 *
 * The household cap holds for promotions as well: someone is passed over while kk_prior and those of the household who
 * hold a place (selected and not removed, or promoted) are kk_cap or more. All removals count before the first
 * promotion, so that the order of removals does not matter to a household.
 */
export function* decreeLines(
  pool: Pool,
  result: DrawResult,
  rule: DrawRule,
  screenedOut: ScreenedOut,
): Generator<DecreeLine> {
  const selected = result.entries.subarray(0, result.selectedCount);
  const removed = new Map<number, string>();
  const households = new Households(pool, rule.kk_cap, result.selectedCount);
  for (const index of selected) {
    const reason = screenedOut(index);
    if (reason === undefined) households.add(index);
    else removed.set(index, reason);
  }
  const waiting = new WaitingList(pool, result);
  for (const index of selected) {
    const registrationId = registrationIdOf(pool, index);
    const reason = removed.get(index);
    if (reason === undefined) {
      yield { registrationId, decision: 'confirmed', reason: '', replaces: '' };
      continue;
    }
    yield { registrationId, decision: 'removed', reason, replaces: '' };
    yield* promote(registrationId, waiting.candidates(index));
  }

  function* promote(replaces: string, candidates: Iterable<number>): Generator<DecreeLine> {
    for (const candidate of candidates) {
      if (households.isFull(candidate)) continue;
      const registrationId = registrationIdOf(pool, candidate);
      const reason = screenedOut(candidate);
      if (reason === undefined) {
        households.add(candidate);
        yield { registrationId, decision: 'promoted', reason: '', replaces };
        return;
      }
      yield { registrationId, decision: 'removed', reason, replaces: '' };
    }
  }
}

/** Hands out the waiting list. Whoever was handed out is done: promoted, screened out, or of a full household. */
class WaitingList {
  readonly #pool: Pool;
  readonly #result: DrawResult;
  readonly #done: Uint8Array;
  /** The rank − 1 where each list (province and track, province, nationwide) is read on. */
  readonly #next = new Map<string, number>();

  constructor(pool: Pool, result: DrawResult) {
    this.#pool = pool;
    this.#result = result;
    this.#done = new Uint8Array(pool.size);
  }

  /** Those who may take the place of `removed`, best first. */
  *candidates(removed: number): Generator<number> {
    const { province, track } = this.#pool;
    const sameProvince = (index: number) => province[index] === province[removed];
    const sameTrack = (index: number) => sameProvince(index) && track[index] === track[removed];
    yield* this.#from(`${province[removed]}/${track[removed]}`, sameTrack);
    yield* this.#from(`${province[removed]}`, sameProvince);
    yield* this.#from('nationwide', () => true);
  }

  *#from(list: string, belongs: (index: number) => boolean): Generator<number> {
    const { entries, selectedCount } = this.#result;
    for (let at = this.#next.get(list) ?? selectedCount; at < entries.length; at++) {
      const index = entries[at] as number;
      if (this.#done[index] === 1 || !belongs(index)) continue;
      this.#done[index] = 1;
      this.#next.set(list, at + 1);
      yield index;
    }
    this.#next.set(list, entries.length);
  }
}

/** `registration_id,decision,reason,replaces` and LF. */
export function decreeLineText(line: DecreeLine): string {
  return `${line.registrationId},${line.decision},${line.reason},${line.replaces}\n`;
}

/** Reads one line of decree.csv without its LF. @throws LineError */
export function parseDecreeLine(text: string, line: number): DecreeLine {
  const [registrationId = '', decision, reason = '', replaces = '', ...more] = text.split(',');
  if (more.length > 0 || text.split(',').length !== 4) throw new LineError(line, 'has not exactly 4 fields');
  if (decision !== 'confirmed' && decision !== 'removed' && decision !== 'promoted') {
    throw new LineError(line, 'decision is not confirmed, removed or promoted');
  }
  if (decision === 'removed' && !/^[a-z0-9_]{1,64}$/.test(reason))
    throw new LineError(line, 'a removed person has no reason');
  return { registrationId, decision, reason, replaces };
}
