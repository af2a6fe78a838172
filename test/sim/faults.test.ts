import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadFaults, parseFaults } from '../../sim/faults.ts';
import { tempDir } from './helpers.ts';

const HALF = { counterpart: 'dukcapil', fault: 'timeout', share: 0.5 };

function play(rules: unknown, calls: number, endpoint = 'verify', counterpart: 'dukcapil' | 'bank' = 'dukcapil') {
  const picker = parseFaults(rules).for(counterpart);
  return Array.from({ length: calls }, () => picker.next(endpoint).fault?.kind ?? '-');
}

describe('faults', () => {
  it('the same seed gives the same faults, another seed others', () => {
    expect(play([HALF], 200)).toEqual(play([HALF], 200));
    expect(play({ seed: 2, rules: [HALF] }, 200)).not.toEqual(play({ seed: 1, rules: [HALF] }, 200));
  });

  it('hits about the share it was given', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), (seed, share) => {
        const hits = play({ seed, rules: [{ ...HALF, share }] }, 2_000).filter((kind) => kind !== '-').length;
        expect(Math.abs(hits / 2_000 - share)).toBeLessThan(0.06);
      }),
    );
  });

  it('stays within from_call and until_call, both included', () => {
    expect(play([{ ...HALF, share: 1, from_call: 2, until_call: 3 }], 4)).toEqual(['-', 'timeout', 'timeout', '-']);
  });

  it('the first matching rule wins and delays add to it', () => {
    const rules = [
      { ...HALF, fault: 'delay_ms', share: 1, value: 5 },
      { ...HALF, fault: 'html', share: 1, until_call: 1 },
      { ...HALF, fault: 'empty', share: 1 },
    ];
    const picker = parseFaults(rules).for('dukcapil');
    expect(picker.next('verify')).toEqual({ delay_ms: 5, fault: { kind: 'html', value: '' } });
    expect(picker.next('verify')).toEqual({ delay_ms: 5, fault: { kind: 'empty', value: '' } });
  });

  it('payment effects count payments only, and a general rule leaves statements alone', () => {
    const late = { counterpart: 'bank', fault: 'late', share: 1, from_call: 2 };
    const picker = parseFaults([late, { counterpart: 'bank', fault: 'http_500', share: 1, from_call: 3 }]).for('bank');
    const seen = ['token', 'payment', 'payment', 'statement', 'status'].map((e) => picker.next(e).fault?.kind ?? '-');
    expect(seen).toEqual(['-', '-', 'late', '-', 'http_500']);
  });

  it.each([
    ['not a list', {}, 'must be an array'],
    ['another counterpart', [{ ...HALF, counterpart: 'post' }], 'rule 1: counterpart'],
    [
      'a fault the counterpart does not have',
      [HALF, { counterpart: 'mail', fault: 'html', share: 1 }],
      'rule 2: fault',
    ],
    ['a share above 1', [{ ...HALF, share: 2 }], 'share must be 0 to 1'],
    ['a call before the first', [{ ...HALF, from_call: 0 }], 'from_call'],
    ['an empty range', [{ ...HALF, from_call: 3, until_call: 2 }], 'until_call'],
    ['a misspelt field', [{ ...HALF, form_call: 1 }], 'unknown field "form_call"'],
    ['a delay without a value', [{ ...HALF, fault: 'delay_ms' }], 'delay_ms needs a value'],
    ['an endpoint of somebody else', [{ ...HALF, endpoint: 'token' }], 'endpoint must be one of verify'],
  ])('refuses %s', (_, rules, message) => {
    expect(() => parseFaults(rules)).toThrow(message);
  });

  it('names the file that is not JSON, and needs no file', () => {
    const path = join(tempDir(), 'faults.json');
    writeFileSync(path, '[');
    expect(() => loadFaults(path)).toThrow(path);
    expect(loadFaults().for('mail').next('rcpt').fault).toBeUndefined();
  });
});
