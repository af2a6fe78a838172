import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { listening, notice, references } from '../helpers/bank-messages.ts';
import { byFile, WHOLE } from '../helpers/bulk-file.ts';
import { day, SOURCE_ACCOUNT, statement } from '../helpers/camt.ts';
import { pay, TODAY, type Town, town } from '../helpers/payout.ts';
import { bni, wallet } from '../helpers/sheets.ts';

const NEXT = '2020-09-16T09:00:00+07:00';
const ANOTHER = '8888127776';

async function report(here: Town, ...texts: string[]) {
  const paths = texts.map((text, i) => {
    const path = join(here.dir, `report-${i}-${text.length}`);
    writeFileSync(path, text);
    return path;
  });
  const { exitCode, json, lines } = await reconcileFiles(await here.officeAt(NEXT), paths, undefined);
  return { exitCode, json: json as Record<string, unknown>, said: lines.join('\n') };
}

const closeAll = ({ database }: Town) =>
  database.pool.query(
    `update breaks set state = 'resolved', resolved_by = 'ayu', note = 'the bank keeps its fee' where state = 'open'`,
  );

describe('when people have closed all breaks and the totals still differ', () => {
  it('what they have explained needs nobody', async () => {
    const here = await town({ people: 1 });
    await pay(here.office);
    const { R1 } = await references(here);
    const given = statement([{ reference: R1 as string, idr: 606_500 }], 'S1');
    expect(await report(here, given)).toMatchObject({
      exitCode: 3,
      json: { open_breaks: { amount_mismatch: 1 }, explained_idr: null },
    });
    await closeAll(here);
    const { exitCode, json, said } = await report(here);
    expect({ exitCode, ...json }).toMatchObject({
      exitCode: 0,
      totals_equal: false,
      explained_idr: '606500',
      unexplained_orders: 0,
    });
    expect(said).toContain('They differ by Rp606.500, which people have explained');
    expect(said).not.toContain('breaks are open');
  });

  it('what stands on the bank’s word alone does', async () => {
    const here = await listening({ people: 2 });
    await pay(here.office);
    const { R1, R2 } = await references(here);
    await here.say(notice(R1 as string, '00'));
    await report(
      here,
      statement([{ reference: R2 as string, idr: 606_500 }], 'S1', undefined, undefined, `${TODAY}T07:00:00+07:00`),
    );
    await closeAll(here);
    const { exitCode, json, said } = await report(here);
    expect({ exitCode, ...json }).toMatchObject({ exitCode: 3, explained_idr: '606500', unexplained_orders: 1 });
    expect(said).toContain(`1 orders of Rp600.000 stand on the bank's word alone until a statement shows them`);
    expect(said).toContain(`the statements of ${TODAY}, and of the days after`);
  });

  it('what they have said of a delay explains no sum', async () => {
    const here = await listening({ people: 1 });
    await pay(here.office);
    const { R1 } = await references(here);
    await report(here, statement([{ reference: R1 as string, idr: 600_000 }], 'S1'));
    await here.database.pool.query(
      `insert into breaks (type, key, reference, amount_idr, opened_on) values ('late', 'x', $1, 600000, '2020-09-15')`,
      [R1],
    );
    await closeAll(here);
    await here.say(notice(R1 as string, '04'));
    await here.database.pool.query(
      `update breaks set state = 'resolved', resolved_by = 'ayu', note = 'x' where type <> 'late'`,
    );
    const { exitCode, json } = await report(here);
    expect({ exitCode, ...json }).toMatchObject({ exitCode: 3, totals_equal: false, unexplained_orders: 1 });
  });

  it('a fee in the debit of a whole call is explained by the break about it', async () => {
    const here = await byFile();
    await report(here, statement([{ ...WHOLE, idr: 1_806_500 }], 'S1'));
    await closeAll(here);
    expect(await report(here)).toMatchObject({
      exitCode: 0,
      json: { explained_idr: '1806500', unexplained_orders: 0 },
    });
  });
});

describe('an account that debits orders', () => {
  it.each<[string, (reference: string) => string, string[]]>([
    [
      'is not the configured one',
      (r) => statement([{ reference: r, idr: 600_000 }], 'S1', undefined, ANOTHER),
      ['****7776'],
    ],
    [
      'is the configured one, spelled otherwise',
      (r) => statement([{ reference: r, idr: 600_000 }], 'S1', undefined, '202020'),
      [],
    ],
    ['debits none of them', () => day(TODAY, 10_000_000, 0, { account: ANOTHER }), []],
    ['is not named', (r) => bni([{ reference: r, idr: 600_000 }]), []],
    ['is a wallet’s', (r) => wallet([{ reference: r, idr: 600_000 }], ANOTHER), []],
  ])('%s', async (_, write, unexpected) => {
    const here = await town({ people: 1 });
    await pay(here.office);
    const { R1 } = await references(here);
    const { exitCode, json, said } = await report(here, write(R1 as string));
    expect({ exitCode, ...json }).toMatchObject({ exitCode: 0, unexpected_accounts: unexpected });
    const warned = 'Orders were debited from an account ending in 7776, which is not BANK_SOURCE_ACCOUNT';
    expect(said.includes(warned)).toBe(unexpected.length > 0);
    expect(said).not.toContain(SOURCE_ACCOUNT);
  });
});

it('an export of a day without movements is refused, saying what to fetch', async () => {
  const here = await town({ people: 1 });
  await expect(
    report(here, 'Account No,Date,Val. Date,Transaction Code,Description,Description,Reference No.,Debit,Credit\n'),
  ).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('fetch one over several days, or another format'),
  });
});
