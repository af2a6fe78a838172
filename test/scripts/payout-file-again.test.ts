import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { prepareRunOf, resolveUnknown } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { rejectIn } from '../../scripts/payout-reject.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { WHOLE } from '../helpers/bulk-file.ts';
import { day, type Reconciled, reconciling, SOURCE_ACCOUNT, taking } from '../helpers/camt.ts';
import { type FileTown, released } from '../helpers/file-town.ts';
import { testOffice } from '../helpers/office.ts';
import { TODAY } from '../helpers/payout.ts';
import { orderStatus } from '../workers/payout/files/report-writer.ts';

// A file that was given out once, and what is known of it when somebody asks for it again.

const NEXT = '2020-09-16T09:00:00+07:00';
const LETTER = { by: 'ayu', note: 'letter of the bank: the file never arrived' };
const CONFIRMED = { by: 'budi', confirm: true };

interface GivenOut extends FileTown, Reconciled {
  readonly next: Office;
  again(at?: string): ReturnType<typeof writeRun>;
}

/** A file of three orders that was given out; statements of its day show nothing of it the next morning. */
async function givenOut(): Promise<GivenOut> {
  const here = await reconciling(await released(), NEXT);
  await writeRun(here.office, here.run, { out: here.out });
  await taking(here)(NEXT, day(TODAY, 10_000_000));
  const again = async (at = NEXT) =>
    writeRun(await here.officeAt(at), here.run, { out: join(here.dir, 'again.xml'), by: 'ayu' });
  return { ...here, next: await here.officeAt(NEXT), again };
}

async function reject(here: GivenOut): Promise<void> {
  await resolveUnknown(here.next);
  await rejectIn(here.next, 'PRAKERJA-RUN-1', LETTER);
  await rejectIn(here.next, 'PRAKERJA-RUN-1', CONFIRMED);
}

describe('is not given out again', () => {
  it.each<[string, (here: GivenOut) => Promise<unknown>]>([
    ['when two people have ended its orders', reject],
    [
      'when the bank has refused an order of it',
      async (here) => here.report({ orders: [orderStatus(await here.referenceOf('R1'), 'RJCT')] }),
    ],
    [
      'when the bank has taken an order of it',
      async (here) => here.report({ orders: [orderStatus(await here.referenceOf('R1'), 'ACSC')] }),
    ],
    ['when the bank has only received it', (here) => here.report({ group: '<GrpSts>RCVD</GrpSts>' })],
    [
      'when a statement shows a movement of it that fits nothing',
      (here) => here.reconciled([{ ...WHOLE, idr: 1 }], 'S2'),
    ],
    ['when a statement debits it', (here) => here.reconciled([WHOLE], 'S2')],
  ])('%s', async (_, happens) => {
    const here = await givenOut();
    await happens(here);
    await expect(here.again()).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('hand over the first file, once, or none'),
    });
    expect(existsSync(join(here.dir, 'again.xml'))).toBe(false);
  });
});

it('that it was given out again stands in the audit log, and what the bank had written before says nothing of it', async () => {
  const here = await givenOut();
  await resolveUnknown(here.next);
  await rejectIn(here.next, 'PRAKERJA-RUN-1', LETTER);
  expect(await here.again('2020-09-16T10:00:00+07:00')).toMatchObject({ exitCode: 0, json: { count: 3 } });
  const { rows } = await here.database.pool.query(
    `select who, subject from audit where note = 'the same file is given out again'`,
  );
  expect(rows).toEqual([{ who: 'ayu', subject: 'run 1' }]);
  const noon = await here.officeAt('2020-09-16T12:00:00+07:00');
  await expect(rejectIn(noon, 'PRAKERJA-RUN-1', LETTER)).rejects.toThrow('fetched when they were over: 2020-09-16');
  const morning = '2020-09-17T09:00:00+07:00';
  await taking(here)(morning, day('2020-09-16', 10_000_000));
  const later = await here.officeAt(morning);
  await expect(rejectIn(later, 'PRAKERJA-RUN-1', CONFIRMED)).rejects.toThrow('nobody has noted');
  await rejectIn(later, 'PRAKERJA-RUN-1', LETTER);
  expect(await rejectIn(later, 'PRAKERJA-RUN-1', CONFIRMED)).toMatchObject({ json: { rejected: 3 } });
});

it('an office whose bank has no API ends what its bank never got: nobody need ask about each order first', async () => {
  const here = await released();
  const alone = (at: string) => testOffice(here.database, 'redis', { PRAKERJA_NOW: at }, onTestFinished);
  await writeRun(await alone(`${TODAY}T12:00:00+07:00`), here.run, { out: here.out, account: SOURCE_ACCOUNT });
  const later = await alone('2020-09-21T09:00:00+07:00');
  await expect(rejectIn(later, 'PRAKERJA-RUN-1', LETTER)).rejects.toThrow(
    `wanted first, fetched when they were over: ${TODAY}`,
  );
  await taking({ ...here, officeAt: alone })(
    '2020-09-21T09:00:00+07:00',
    day(TODAY, 10_000_000, 0, { to: '2020-09-20' }),
  );
  await rejectIn(later, 'PRAKERJA-RUN-1', LETTER);
  expect(await rejectIn(later, 'PRAKERJA-RUN-1', CONFIRMED)).toMatchObject({
    json: { rejected: 3, total_idr: '1800000' },
  });
  expect(await prepareRunOf(later, 'ayu')).toMatchObject({ json: { count: 0 } });
});
