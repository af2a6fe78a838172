import { createHash, createHmac } from 'node:crypto';
import type { DrawRule, PoolEntry, ProvinceQuota } from '../../../workers/assignment/rules.ts';

/** One line of result.csv. */
export interface ReferenceLine {
  readonly rank: number;
  readonly registrationId: string;
  readonly ticket: string;
  readonly decision: 'selected' | 'waiting_list';
}

export interface Ticketed extends PoolEntry {
  readonly ticket: string;
}

export function referenceSeed(commitmentWithoutLf: string, beaconValue: string): Uint8Array {
  return createHash('sha256').update(`${commitmentWithoutLf}\n${beaconValue}`).digest();
}

/** Contract section 6, sentence by sentence, with nothing clever: lists, filters and sorts. */
export function referenceDraw(
  pool: readonly PoolEntry[],
  quota: readonly ProvinceQuota[],
  rule: DrawRule,
  seed: Uint8Array,
): readonly ReferenceLine[] {
  const everybody: Ticketed[] = pool.map((person) => ({
    ...person,
    ticket: createHmac('sha256', seed).update(person.registrationId).digest('hex'),
  }));
  everybody.sort((a, b) => {
    if (rule.order === 'score_then_lottery' && a.score !== b.score) return (b.score ?? 0) - (a.score ?? 0);
    return a.ticket < b.ticket ? -1 : 1;
  });

  const selected: Ticketed[] = [];
  const fill = (candidates: readonly Ticketed[], seats: number) => {
    let left = seats;
    for (const person of candidates) {
      if (left === 0) return;
      if (selected.includes(person)) continue;
      const sameHousehold = selected.filter((other) => other.kkToken === person.kkToken).length;
      if (rule.kk_cap > 0 && (person.kkPrior ?? 0) + sameHousehold >= rule.kk_cap) continue;
      selected.push(person);
      left--;
    }
  };

  let seatsInAll = 0;
  for (const { provinceCode, seats } of [...quota].sort((a, b) => (a.provinceCode < b.provinceCode ? -1 : 1))) {
    seatsInAll += seats;
    const before = selected.length;
    const here = everybody.filter((person) => person.provinceCode === provinceCode);
    const whitelistSeats = referenceFloor(seats, rule.whitelist_share);
    fill(
      here.filter((person) => person.track === 'whitelist'),
      whitelistSeats,
    );
    fill(
      here.filter((person) => person.track === 'public'),
      seats - whitelistSeats,
    );
    fill(here, seats - (selected.length - before));
  }
  fill(everybody, seatsInAll - selected.length);

  const waiting = everybody.filter((person) => !selected.includes(person));
  return [...selected, ...waiting].map((person, i) => ({
    rank: i + 1,
    registrationId: person.registrationId,
    ticket: person.ticket,
    decision: i < selected.length ? 'selected' : 'waiting_list',
  }));
}

/** floor(quota × share) with billionths counted in whole numbers. */
export function referenceFloor(quota: number, share: string): number {
  const [whole = '', decimals = ''] = share.split('.');
  const billionths = BigInt(whole) * 1_000_000_000n + BigInt(decimals.padEnd(9, '0'));
  return Number((BigInt(quota) * billionths) / 1_000_000_000n);
}

export interface ReferenceDecreeLine {
  readonly registrationId: string;
  readonly decision: 'confirmed' | 'removed' | 'promoted';
  readonly reason: string;
  readonly replaces: string;
}

/** The decree of contract section 6 with the household cap held, by searching the whole waiting list each time. */
export function referenceDecree(
  pool: readonly PoolEntry[],
  result: readonly ReferenceLine[],
  rule: DrawRule,
  reasonOf: ReadonlyMap<string, string>,
): readonly ReferenceDecreeLine[] {
  const byId = new Map(pool.map((person) => [person.registrationId, person]));
  const people = (decision: ReferenceLine['decision']) =>
    result.filter((line) => line.decision === decision).map((line) => byId.get(line.registrationId) as PoolEntry);
  const lines: ReferenceDecreeLine[] = [];
  const holders = people('selected').filter((person) => !reasonOf.has(person.registrationId));
  let waiting = people('waiting_list');
  for (const person of people('selected')) {
    const { registrationId } = person;
    const reason = reasonOf.get(registrationId);
    if (reason === undefined) {
      lines.push({ registrationId, decision: 'confirmed', reason: '', replaces: '' });
      continue;
    }
    lines.push({ registrationId, decision: 'removed', reason, replaces: '' });
    for (;;) {
      const open = waiting.filter((candidate) => {
        const household = holders.filter((holder) => holder.kkToken === candidate.kkToken).length;
        return rule.kk_cap === 0 || (candidate.kkPrior ?? 0) + household < rule.kk_cap;
      });
      const next =
        open.find((c) => c.provinceCode === person.provinceCode && c.track === person.track) ??
        open.find((c) => c.provinceCode === person.provinceCode) ??
        open[0];
      if (next === undefined) break;
      waiting = waiting.filter((candidate) => candidate !== next);
      const refused = reasonOf.get(next.registrationId);
      if (refused === undefined) {
        holders.push(next);
        lines.push({ registrationId: next.registrationId, decision: 'promoted', reason: '', replaces: registrationId });
        break;
      }
      lines.push({ registrationId: next.registrationId, decision: 'removed', reason: refused, replaces: '' });
    }
  }
  return lines;
}
