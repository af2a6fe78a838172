import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { holdPerson } from '../../db/payment-holds.ts';
import { fileTotals } from '../../db/payout-files.ts';
import { recordFile } from '../../db/written-files.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { notice } from '../helpers/bank-messages.ts';
import { byFile, correct, type Here, LATER, own, REST, told, WHOLE } from '../helpers/bulk-file.ts';
import { nik, releasedRun } from '../helpers/payout.ts';

// A second order of somebody, in a file that is being written or was never put in its place: what becomes known of the first.

interface Second extends Here {
  readonly run: string;
  write(out: string): ReturnType<typeof writeRun>;
}

/** The first of three was refused, the others are paid; the account is corrected, and a run pays the first anew by file. */
async function second(): Promise<Second> {
  const here = await byFile();
  await told(here, 'R1', '06');
  await here.reconciled([REST]);
  await correct(here);
  const office = await here.officeAt(LATER);
  const run = await releasedRun(office);
  return { ...here, run, write: (out) => writeRun(office, run, { out: join(here.dir, out) }) };
}

const news: readonly [string, (here: Second) => Promise<unknown>][] = [
  ['a debit of its order', (here) => here.reconciled([own(here, 'R1')], 'S2', 8_800_000)],
  ['a debit of its bulk', (here) => here.reconciled([{ ...WHOLE, idr: 600_000 }], 'S2', 8_800_000)],
  ['the bank’s word that it paid it', (here) => here.say(notice(here.orders.R1 as string, '00'))],
  [
    'a hold',
    ({ database }) =>
      database.db.transaction().execute((tx) => holdPerson(tx, 'R1', 'ayu', 'stolen card', new Date(LATER))),
  ],
];

it.each(news)('%s, while the file is being written: it is not given out', async (_, happens) => {
  const here = await second();
  await expect(here.write('nowhere/run-2.xml')).rejects.toThrow('run this again');
  const { db } = here.database;
  const totals = await db.transaction().execute((tx) => fileTotals(tx, here.run));
  expect(totals).toMatchObject({ count: 1 });
  await happens(here);
  const recorded = db
    .transaction()
    .execute((tx) => recordFile(tx, here.run, { totals, sha256: 'f'.repeat(64), by: 'ayu', now: new Date(LATER) }));
  await expect(recorded).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('run this again') });
  expect((await here.write('run-2.xml')).json).toMatchObject({ count: 0 });
  expect(existsSync(join(here.dir, 'run-2.xml'))).toBe(false);
});

it.each([
  ...news,
  [
    'a list that excludes them',
    (here: Second) => here.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(1)},2020-09-16,,BKN`),
  ] as const,
])(
  '%s, after a file was written down that could not be put in its place: it is not given out again',
  async (_, happens) => {
    const here = await second();
    mkdirSync(join(here.dir, 'run-2.xml', 'something'), { recursive: true });
    await expect(here.write('run-2.xml')).rejects.toThrow('run this again');
    await happens(here);
    await expect(here.write('other.xml')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('prakerja payout reject PRAKERJA-RUN-2'),
    });
    expect(existsSync(join(here.dir, 'other.xml'))).toBe(false);
  },
);

it('without news it is given out when it has a place', async () => {
  const here = await second();
  mkdirSync(join(here.dir, 'run-2.xml', 'something'), { recursive: true });
  await expect(here.write('run-2.xml')).rejects.toThrow('run this again');
  expect((await here.write('other.xml')).json).toMatchObject({ count: 1, total_idr: '600000' });
});

it('two at once to one place leave one whole file', async () => {
  const here = await second();
  const both = await Promise.all(['run-2.xml', 'run-2.xml'].map((out) => here.write(out)));
  expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
});
