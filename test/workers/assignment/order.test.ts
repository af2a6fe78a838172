import { expect, it } from 'vitest';
import { compareBy, orderOf } from '../../../workers/assignment/order.ts';
import { poolOf } from './pools.ts';

const SIZE = 300;
const rules = [
  { whitelist_share: '0', order: 'lottery', kk_cap: 0 },
  { whitelist_share: '0', order: 'score_then_lottery', kk_cap: 0 },
] as const;

/** Tickets that agree in their first 31, 4 or 2 bytes, so that every pass has something left to do. */
function crowdedTickets(): Uint8Array {
  const tickets = new Uint8Array(SIZE * 32);
  for (let i = 0; i < SIZE; i++) {
    tickets[i * 32 + 31] = (i * 7919) % 5;
    tickets[i * 32 + 5] = (i * 104_729) % 3;
    tickets[i * 32 + 1] = (i * 31) % 4;
    tickets[i * 32] = (i * 17) % 2 === 0 ? 0 : 255;
  }
  return tickets;
}

it.each(rules)('sorts like the whole comparison, equal tickets by registration_id: $order', (rule) => {
  const scored = rule.order === 'score_then_lottery';
  const pool = poolOf(
    Array.from({ length: SIZE }, (_, i) => ({
      registrationId: String(i).padStart(4, '0'),
      provinceCode: '11',
      track: 'public' as const,
      score: scored ? (i * 13) % 101 : null,
      kkToken: null,
      kkPrior: null,
    })),
    rule,
  );
  const tickets = crowdedTickets();
  const plain = Array.from({ length: SIZE }, (_, i) => i).sort((a, b) => {
    const byScore = scored ? ((b * 13) % 101) - ((a * 13) % 101) : 0;
    const ticket = (i: number) => Buffer.from(tickets.subarray(i * 32, i * 32 + 32));
    return byScore || Buffer.compare(ticket(a), ticket(b)) || a - b;
  });
  expect([...orderOf(pool, rule, tickets)]).toEqual(plain);
  expect(compareBy(pool, rule, tickets)(0, 0)).toBe(0);
});
