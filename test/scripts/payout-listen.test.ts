import { describe, expect, it } from 'vitest';
import { releaseHold } from '../../db/payment-holds.ts';
import { diagnose } from '../../scripts/doctor.ts';
import { prepareRunOf, releaseIt, submitRun } from '../../scripts/payout.ts';
import { startListener } from '../../scripts/payout-listen.ts';
import { kept, type Listening, listening, notice, type Odd, references } from '../helpers/bank-messages.ts';
import { ACCOUNTS, account } from '../helpers/payees.ts';
import { pay, type Town, town } from '../helpers/payout.ts';

async function breaks({ database }: Town): Promise<string[]> {
  const { rows } = await database.pool.query<{ open: string }>(
    `select type || ' ' || reference || ' ' || amount_idr as open from breaks where state = 'open' order by break_id`,
  );
  return rows.map((row) => row.open);
}

/** What doctor says about money; every test ends with books that agree. */
async function booksAgree(here: Town): Promise<void> {
  const { json } = await diagnose(here.office);
  const { checks } = json as { checks: { name: string; ok: boolean; detail: string }[] };
  const money = checks.filter(({ name }) => name === 'money' || name === 'trial_balance');
  expect(money.map(({ ok, detail }) => (ok ? 'ok' : detail))).toEqual(['ok', 'ok']);
}

describe('a bank that tells by itself', () => {
  const wallet = { channel: 'ewallet', provider: 'ovo', kyc: 'true' };
  /** Its statement would say the same; `sim.close` waits until all is told. */
  async function told(faults: readonly object[]): Promise<Listening> {
    const here = await listening({ people: 2, accounts: [account(1), account(2, wallet)], faults });
    await fetch(`${here.sim.env.BANK_URL}/sim/callback`, { method: 'POST', body: here.listener.url });
    await pay(here.office);
    await here.sim.close();
    await booksAgree(here);
    return here;
  }

  it.each<[string, object[], string, object]>([
    ['in order', [], 'paid', { kept: 4, again: 0, refused: 0 }],
    ['each message twice', [{ fault: 'duplicate', endpoint: 'callback' }], 'paid', { kept: 4, again: 4, refused: 0 }],
    ['the last one first', [{ fault: 'disorder', endpoint: 'callback' }], 'paid', { kept: 4, again: 0, refused: 0 }],
    ['later', [{ fault: 'delay_ms', value: 50, endpoint: 'callback' }], 'paid', { kept: 4, again: 0, refused: 0 }],
    [
      'that it came back',
      [{ fault: 'returned' }],
      'returned bank_returned notice 04',
      { kept: 6, again: 0, refused: 0 },
    ],
    [
      'that it failed',
      [{ fault: 'settle_failed' }],
      'rejected bank_rejected notice 06',
      { kept: 4, again: 0, refused: 0 },
    ],
    ['with a wrong signature', [{ fault: 'wrong_signature' }], 'accepted', { kept: 0, again: 0, refused: 4 }],
  ])('%s', async (_, faults, state, counts) => {
    const here = await told(faults);
    expect(await here.states()).toEqual({ R1: state, R2: state });
    expect(here.listener.counts).toEqual(counts);
    expect(await breaks(here)).toEqual([]);
  });
});

describe('what is turned away', () => {
  const hours = (n: number) => `2020-09-15T12:0${n}:00+07:00`;

  it('says why in SNAP, and leaves nothing behind', async () => {
    const here = await listening({ people: 1 });
    await pay(here.office);
    const message = notice((await references(here)).R1 ?? '', '00');
    const cases: readonly [Odd, number, string][] = [
      [{ headers: { 'X-SIGNATURE': 'AAAA' } }, 401, '4011800'],
      [{ headers: { 'X-SIGNATURE': '' } }, 401, '4011800'],
      [{ headers: { 'X-PARTNER-ID': 'OTHER' } }, 401, '4011800'],
      [{ headers: { 'X-TIMESTAMP': hours(6) } }, 401, '4011800'],
      [{ headers: { 'X-TIMESTAMP': '2020-09-15T11:54:59+07:00' } }, 401, '4011800'],
      [{ headers: { 'X-TIMESTAMP': 'noon' } }, 401, '4011800'],
      [{ headers: { 'X-EXTERNAL-ID': 'A1' } }, 400, '4001801'],
      [{ text: '{' }, 400, '4001800'],
      [{ text: '{"latestTransactionStatus":"00"}' }, 400, '4001802'],
      [{ text: JSON.stringify({ ...message, more: 'x'.repeat(1 << 20) }) }, 400, '4001800'],
      [{ path: '/v1.0/transfer/status' }, 404, '4040000'],
      [{ method: 'GET' }, 404, '4040000'],
    ];
    for (const [odd, status, responseCode] of cases) {
      const said = await here.say(message, odd);
      expect([odd.headers ?? odd.path ?? odd.method ?? odd.text?.slice(0, 9), said]).toMatchObject([
        expect.anything(),
        { status, body: { responseCode } },
      ]);
    }
    expect(await kept(here)).toEqual([]);
    expect(await here.states()).toEqual({ R1: 'accepted' });
    expect(here.listener.counts).toEqual({ kept: 0, again: 0, refused: 6 });
    // What is signed is the body without its blanks; five minutes are not too old.
    const pretty = JSON.stringify(message, null, 2);
    expect((await here.say(message, { text: pretty })).status).toBe(401);
    expect(await here.say(message, { headers: { 'X-TIMESTAMP': hours(5) } })).toMatchObject({
      status: 200,
      body: { responseCode: '2001800', responseMessage: 'Successful' },
    });
    expect(await here.states()).toEqual({ R1: 'paid' });
  });

  it('listens only where the bank and its key are known', async () => {
    const { office } = await town({ people: 0 });
    const { config } = office;
    const start = (changes: object) => startListener({ ...office, config: { ...config, ...changes } }, 0);
    await expect(start({ bankPublicKeyFile: undefined })).rejects.toThrow('BANK_PUBLIC_KEY_FILE is not set');
    await expect(start({ bankPublicKeyFile: '/nowhere' })).rejects.toThrow(
      'BANK_PUBLIC_KEY_FILE: the file cannot be read',
    );
    await expect(start({ bank: undefined })).rejects.toThrow('BANK_URL is not set');
  });
});

describe('in whatever order it comes', () => {
  /** First and second message about an accepted order; where it ends; what is open then. */
  const pairs: readonly [first: string, second: string, state: string, open?: string][] = [
    ['00', '00', 'paid'],
    ['00', '03', 'paid'],
    ['00', '04', 'returned bank_returned notice 04'],
    ['00', '06', 'paid', 'missing_in_bank'],
    ['03', '00', 'paid'],
    ['03', '03', 'accepted'],
    ['03', '04', 'returned bank_returned notice 04'],
    ['03', '06', 'rejected bank_rejected notice 06'],
    ['04', '00', 'returned bank_returned notice 04'],
    ['04', '03', 'returned bank_returned notice 04'],
    ['04', '04', 'returned bank_returned notice 04'],
    ['04', '06', 'returned bank_returned notice 04'],
    ['06', '00', 'held bank_contradiction', 'missing_in_ledger'],
    ['06', '03', 'rejected bank_rejected notice 06'],
    ['06', '04', 'rejected bank_rejected notice 06'],
    ['06', '06', 'rejected bank_rejected notice 06'],
    ['07', '00', 'paid'],
    ['00', '07', 'paid'],
  ];

  it('every pair ends where it must, and no contradiction is settled silently', async () => {
    const here = await listening({ people: pairs.length });
    await pay(here.office);
    const of = await references(here);
    for (const [i, [first, second]] of pairs.entries())
      for (const status of [first, second])
        expect((await here.say(notice(of[`R${i + 1}`] ?? '', status))).status).toBe(200);
    expect(await here.states()).toEqual(Object.fromEntries(pairs.map(([, , state], i) => [`R${i + 1}`, state])));
    const open = pairs.flatMap(([, , , type], i) => (type ? [`${type} ${of[`R${i + 1}`]} 600000`] : []));
    expect(await breaks(here)).toEqual(open);
    await booksAgree(here);
    const { rows } = await here.database.pool.query(
      `select 1 from payment_orders join instalments i using (instalment_id) where i.state = 'paid' and settled_at is null`,
    );
    expect(rows).toEqual([]);
  });

  it('paid, after the bank had refused and the person was to be paid anew: nothing more goes out', async () => {
    const refused = { fault: 'error_text', value: '403xx18 Inactive', until_call: 2 };
    const here = await listening({ people: 2, faults: [refused] });
    await pay(here.office);
    const old = await references(here);
    await here.load('accounts', ACCOUNTS, ...[1, 2].map((n) => account(n, { linked_at: '2020-09-15T05:00:01Z' })));
    const later = await here.officeAt('2020-09-15T12:04:00+07:00');
    await prepareRunOf(later, 'ayu');
    expect(await here.states()).toEqual({ R1: 'prepared', R2: 'prepared' });
    await here.say(notice(old.R1 ?? '', '00'));
    await releaseIt(later, '2', 'budi');
    await here.say(notice(old.R2 ?? '', '00'));
    await submitRun(later, '2');
    const held = { R1: 'held bank_contradiction', R2: 'held bank_contradiction' };
    expect(await here.states()).toEqual(held);
    expect(here.bankLog().length).toBe(2);
    // Nor does the next preparation free them, whatever is linked.
    await here.load('accounts', ACCOUNTS, ...[1, 2].map((n) => account(n, { linked_at: '2020-09-15T05:30:00Z' })));
    await prepareRunOf(await here.officeAt('2020-09-16T12:00:00+07:00'), 'ayu');
    expect(await here.states()).toEqual(held);
    await booksAgree(here);
  });

  it('what was held for a reason that ends by itself is held for the contradiction from then on', async () => {
    const refused = { fault: 'error_text', value: '403xx18 Inactive', until_call: 1 };
    const here = await listening({ people: 1, faults: [refused] });
    await pay(here.office);
    await here.load('accounts', ACCOUNTS, account(1, { linked_at: '2020-09-15T05:00:01Z', status: 'closed' }));
    await here.database.pool.query(`update instalments set state = 'held', reason = 'account_not_active'`);
    await here.say(notice((await references(here)).R1 ?? '', '00'));
    expect(await here.states()).toEqual({ R1: 'held bank_contradiction' });
    const { db } = here.database;
    const letting = { registrationId: 'R1', by: 'cita', note: 'asked', now: here.office.config.now() };
    const letGo = (bankAsked: boolean) =>
      db.transaction().execute((tx) => releaseHold(tx, { ...letting, bankAsked, sameAccount: true }));
    await expect(letGo(false)).rejects.toThrow('ask it, and say --bank-asked');
    expect(await letGo(true)).toEqual({ due: 1, held: 0 });
  });
});

describe('what does not fit', () => {
  it('is kept and answered, never applied, and open for a person once', async () => {
    const refused = { fault: 'error_text', value: '403xx18 Inactive', until_call: 1 };
    const here = await listening({ people: 1, faults: [refused] });
    await pay(here.office);
    const old = (await references(here)).R1 ?? '';
    await here.load('accounts', ACCOUNTS, account(1, { linked_at: '2020-09-15T05:00:01Z' }));
    await pay(await here.officeAt('2020-09-15T12:04:00+07:00'));
    const current = (await references(here)).R1 ?? '';
    expect(current).not.toBe(old);
    const messages = [notice('P0NOBODY', '00'), notice(current, '00', 599_999), notice(old, '06'), notice(old, '00')];
    for (const message of [...messages, ...messages]) expect((await here.say(message)).status).toBe(200);
    const outcomes = ['00 unknown_reference', '00 amount_differs', '06 history', '00 history'];
    expect(await kept(here)).toEqual([...outcomes, ...outcomes]);
    expect(await here.states()).toEqual({ R1: 'accepted' });
    expect(await breaks(here)).toEqual([
      'missing_in_ledger P0NOBODY 600000',
      `amount_mismatch ${current} 599999`,
      `missing_in_ledger ${old} 600000`,
    ]);
    await expect(here.database.pool.query('delete from bank_callbacks')).rejects.toThrow('append-only');
  });

  it('a bulk is one message about many', async () => {
    const here = await listening({ people: 3 });
    await pay(here.office);
    const { R1, R2, R3 } = await references(here);
    const item = (reference: string | undefined, latestTransactionStatus: string) => ({
      partnerReferenceNo: reference,
      latestTransactionStatus,
    });
    const bulkObject = [item(R1, '00'), item(R2, '06'), item('P0NOBODY', '00'), item(R3, '03')];
    const message = { bulkId: 'B1', partnerBulkId: 'OURS', bulkObject };
    const path = '/v1.0/transfer-interbank-bulk/notify';
    expect(await here.say(message, { path })).toMatchObject({ status: 200, body: { responseCode: '2002100' } });
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'rejected bank_rejected notice 06', R3: 'accepted' });
    expect(await kept(here)).toEqual(['00 applied', '06 applied', '00 unknown_reference', '03 known']);
  });
});
