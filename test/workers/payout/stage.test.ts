import { describe, expect, it } from 'vitest';
import { reconcileFiles } from '../../../scripts/reconcile.ts';
import { prepareRunOf, releaseIt, resolveUnknown, submitRun } from '../../../scripts/payout.ts';
import { account, paidTwice, pay, rebuilt, releasedRun, TODAY, town, type TownOptions } from '../../helpers/payout.ts';

const personalities = ['honours', 'ignores'] as const;

describe.each(personalities)('a bank that %s the reference', (personality) => {
  const bank = { personality };

  it('from prepare to accepted: bank accounts and wallets, one debit each', async () => {
    const wallet = account(2, { channel: 'ewallet', provider: 'ovo', kyc: 'true' });
    const { office, states, bankLog, database } = await town({
      people: 3,
      bank,
      accounts: [account(1), wallet, account(3)],
    });
    const prepared = await prepareRunOf(office, 'ayu');
    expect(prepared.json).toEqual({ run: '1', count: 3, total_idr: '1800000' });
    await expect(releaseIt(office, '1', 'ayu')).rejects.toThrow('another person must release it');
    await expect(submitRun(office, '1')).rejects.toThrow('payout run 1 is prepared');
    expect(bankLog()).toEqual([]);
    await releaseIt(office, '1', 'budi');
    const sent = await submitRun(office, '1');
    expect(sent).toMatchObject({ exitCode: 0, json: { run: '1', state: 'done', sent: 3, states: { accepted: 3 } } });
    expect(await states()).toEqual({ R1: 'accepted', R2: 'accepted', R3: 'accepted' });
    expect(
      bankLog()
        .map(({ service, answer }) => `${service} ${answer}`)
        .sort(),
    ).toEqual(['18 2001800', '18 2001800', '38 2003800']);
    const { rows } = await database.pool.query(
      'select reference, bank_reference from payment_orders order by reference',
    );
    expect(rows.map(({ reference }) => reference)).toEqual(
      bankLog()
        .map(({ reference }) => reference)
        .sort(),
    );
    for (const { reference, bank_reference } of rows) {
      expect(reference).toMatch(/^P[0-9A-Z]{15}$/);
      expect(bank_reference).toMatch(/^BNIS\d{12}$/);
    }
    await expect(submitRun(office, '1')).rejects.toThrow('payout run 1 is done');
  });
});
