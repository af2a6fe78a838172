import { expect, it } from 'vitest';
import { readOpenBreaks } from '../../db/breaks.ts';
import { list } from '../../scripts/breaks.ts';
import { references } from '../helpers/bank-messages.ts';
import { day, statement, taking } from '../helpers/camt.ts';
import { officeEnvironment } from '../helpers/office.ts';
import { pay, TODAY, town } from '../helpers/payout.ts';

const FRIDAY = '2020-09-18T09:00:00+07:00';

it('a payment that was missing and that a statement shows since stays open, with a next step of its own', async () => {
  const here = await town({ people: 2 });
  await pay(here.office);
  const { R1 } = await references(here);
  const take = taking(here);
  expect((await take(FRIDAY, day(TODAY, 10_000_000))).open_breaks).toEqual({ missing_in_bank: 2 });
  const late = statement([{ reference: R1 as string, idr: 600_000 }], 'S2').replaceAll(TODAY, '2020-09-16');
  expect((await take(FRIDAY, late)).open_breaks).toEqual({ missing_in_bank: 2 });
  const before = process.env;
  process.env = officeEnvironment(here.database, 'redis', here.dir);
  try {
    const { exitCode, json, lines } = await list({});
    const { breaks } = json as { breaks: { reference: string; next_step: { id: string; en: string } }[] };
    expect(exitCode).toBe(3);
    for (const { reference, next_step } of breaks)
      expect(next_step.en).toMatch(reference === R1 ? /^A statement shows it now; close it/ : /^Ask the bank/);
    expect(breaks.find(({ reference }) => reference === R1)?.next_step.id).toMatch(/tutup/);
    const said = lines.join('\n');
    expect(said).toMatch(new RegExp(`${R1}.*on a statement since`));
    expect(said).toContain('missing_in_bank: Ask the bank');
    expect(said).toContain('missing_in_bank, on a statement since: A statement shows it now; close it');
  } finally {
    process.env = before;
  }
});

it('so does money that came back by the bank’s word, once a statement gives it back', async () => {
  const here = await town({ people: 1 });
  await pay(here.office);
  const { R1 } = await references(here);
  const { pool, db } = here.database;
  await pool.query(
    `insert into breaks (type, key, reference, opened_on) values ('missing_in_bank', 'returned:' || $1, $1, $2)`,
    [R1, TODAY],
  );
  const shown = async () =>
    (await readOpenBreaks(db, { type: 'missing_in_bank', today: TODAY, limit: 9 })).map((one) => one.shown_since);
  await taking(here)(FRIDAY, statement([{ reference: R1 as string, idr: 600_000 }], 'S1'));
  expect(await shown()).toEqual([false]);
  await taking(here)(FRIDAY, statement([{ reference: R1 as string, idr: 600_000, returned: true }], 'S2', 9_400_000));
  expect(await shown()).toEqual([true]);
});
