import { expect, it } from 'vitest';
import { formatRupiah } from '../../jobs/money.ts';

it.each([
  [0n, 'Rp0'],
  [1_600_000_000_000n, 'Rp1.600.000.000.000'],
  [-14_050_000n, '−Rp14.050.000'],
])('%s is written %s', (amount, text) => {
  expect(formatRupiah(amount)).toBe(text);
});
