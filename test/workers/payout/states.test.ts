import { describe, expect, it } from 'vitest';
import {
  type InstalmentState,
  instalmentStates,
  isLegal,
  mayBeAtBank,
  stepsTo,
  transitions,
} from '../../../workers/payout/rules.ts';

/** The contract's section 7, written down a second time, as the matrix of everything. */
const MATRIX: Record<InstalmentState, string> = {
  due: 'prepared held',
  prepared: 'released held',
  released: 'submitting held',
  submitting: 'accepted rejected unknown held',
  unknown: 'accepted paid rejected submitting held',
  accepted: 'paid rejected returned held',
  paid: 'returned',
  rejected: 'held',
  returned: 'held',
  held: 'due',
};

describe('transitions', () => {
  it.each(instalmentStates)('from %s go where the contract says, and nowhere else', (from) => {
    expect(instalmentStates.filter((to) => isLegal(from, to)).sort()).toEqual(MATRIX[from].split(' ').sort());
  });

  it('has every row once', () => {
    expect(new Set(transitions.map(String)).size).toBe(transitions.length);
  });

  it('reaches every state from due', () => {
    const seen = new Set<InstalmentState>(['due']);
    for (const from of seen) for (const [a, to] of transitions) if (a === from) seen.add(to);
    expect([...seen].sort()).toEqual([...instalmentStates].sort());
  });
});

describe('stepsTo', () => {
  it.each<[InstalmentState, InstalmentState, InstalmentState[] | undefined]>([
    ['paid', 'paid', []],
    ['submitting', 'accepted', ['accepted']],
    ['submitting', 'paid', ['accepted', 'paid']],
    ['unknown', 'paid', ['paid']],
    ['unknown', 'returned', ['accepted', 'returned']],
    ['paid', 'returned', ['returned']],
    ['due', 'paid', undefined],
    ['released', 'accepted', undefined],
    ['paid', 'rejected', undefined],
    ['rejected', 'paid', undefined],
    ['held', 'paid', undefined],
  ])('%s to %s: %j', (from, to, steps) => {
    expect(stepsTo(from, to)).toEqual(steps);
  });

  it('takes legal steps only', () => {
    for (const from of instalmentStates) {
      for (const to of instalmentStates) {
        let at = from;
        for (const step of stepsTo(from, to) ?? []) {
          expect(isLegal(at, step), `${at} to ${step}`).toBe(true);
          at = step;
        }
      }
    }
  });
});

it('knows in which states the bank may hold the order', () => {
  expect(instalmentStates.filter(mayBeAtBank)).toEqual(['submitting', 'unknown', 'accepted']);
});
