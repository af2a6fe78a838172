import { describe, expect, it } from 'vitest';
import { day, taking } from '../helpers/camt.ts';
import { pay, TODAY, town } from '../helpers/payout.ts';

describe('money that comes in and names nothing of ours', () => {
  it.each([
    ['as much as an instalment', 600_000, { missing_in_ledger: 1 }],
    ['another sum: funding, interest', 599_999, {}],
  ])('%s', async (_, idr, open_breaks) => {
    const here = await town({ people: 1 });
    await pay(here.office);
    expect(await taking(here)('2020-09-16T09:00:00+07:00', day(TODAY, 1_000_000, idr))).toMatchObject({ open_breaks });
  });
});
