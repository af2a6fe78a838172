import { describe, expect, it } from 'vitest';
import { type BankOptions, startBank } from '../../sim/bank.ts';
import type { Place } from '../../sim/place.ts';
import { logLines, placeOf, SnapClient, stopping } from './helpers.ts';

const ACCOUNTS = `registration_id,linked_at,channel,provider,account_number,holder_name,phone,status
R1,2020-08-01T00:00:00+07:00,bank,bni,0011223344,SITI,,closed
R1,2020-09-01T00:00:00+07:00,bank,bni,0011223344,SITI,,active
R2,2020-09-01T00:00:00+07:00,bank,bni,22,BUDI,,inactive
R3,2020-09-01T00:00:00+07:00,bank,bni,33,ANI,,closed
R4,2020-09-01T00:00:00+07:00,ewallet,ovo,44,DEWI,08123,active
R5,2020-09-01T00:00:00+07:00,ewallet,ovo,55,EKO,08555,active
R6,2020-09-02T00:00:00+07:00,ewallet,dana,66,FITRI,08555,active
`;

async function open(place: Place, options: BankOptions = {}) {
  const sim = stopping(await startBank(place, options));
  return { sim, client: new SnapClient(sim) };
}
const start = async (options: BankOptions = {}, rules?: unknown, files: Record<string, string> = {}) => {
  const place = placeOf(files, rules);
  return { place, log: () => logLines(place.log, 'bank.ndjson'), ...(await open(place, options)) };
};
const rule = (fault: string, value?: string | number, endpoint?: string) => [
  { counterpart: 'bank', fault, share: 1, value, until_call: 1, ...(endpoint ? { endpoint } : {}) },
];

describe('bank: the door', () => {
  it('gives a token to the right signature only', async () => {
    const { client } = await start();
    expect(await client.login()).toEqual({
      status: 200,
      body: {
        responseCode: '2007300',
        responseMessage: 'Successful',
        accessToken: expect.any(String),
        tokenType: 'Bearer',
        expiresIn: '900',
      },
    });
    expect((await client.login({ 'X-SIGNATURE': 'AAAA' })).body.responseCode).toBe('4017300');
    expect((await client.login({ 'X-CLIENT-KEY': 'other' })).body.responseCode).toBe('4017300');
    expect((await client.login({ 'X-TIMESTAMP': '15-09-2020' })).body.responseCode).toBe('4007301');
    // A signature of another moment is no signature of this one.
    expect((await client.login({ 'X-TIMESTAMP': '2020-09-15T10:00:01+07:00' })).body.responseCode).toBe('4017300');
  });

  it.each([
    ['a wrong signature', { 'X-SIGNATURE': 'AAAA' }, 401, '4011800'],
    ['another moment', { 'X-TIMESTAMP': '2020-09-15T10:00:01+07:00' }, 401, '4011800'],
    ['no such token', { Authorization: 'Bearer x' }, 401, '4011801'],
    ['another partner', { 'X-PARTNER-ID': 'x' }, 401, '4011800'],
    ['another channel', { 'CHANNEL-ID': 'x' }, 401, '4011800'],
    ['no time', { 'X-TIMESTAMP': 'today' }, 400, '4001801'],
    ['an external id that is no number', { 'X-EXTERNAL-ID': 'A1' }, 400, '4001801'],
  ])('refuses %s and moves no money', async (_, headers, status, code) => {
    const { client, log } = await start();
    expect(await client.transfer('P1', {}, headers)).toMatchObject({ status, body: { responseCode: code } });
    expect(log().at(-1)).toMatchObject({ reference: 'P1', answer: code, debited: false });
    expect((await client.status('P1')).body.responseCode).toBe('4043601');
  });

  it('signs the minified body: blanks outside strings do not count', async () => {
    const { minify } = await import('../../sim/bank-signature.ts');
    expect(minify('{ "a" : "b \\" c" ,\n\t"d" : [ 1 , 2 ] }')).toBe('{"a":"b \\" c","d":[1,2]}');
  });

  it('an X-EXTERNAL-ID counts once a day', async () => {
    const { client } = await start();
    expect((await client.transfer('P1', {}, { 'X-EXTERNAL-ID': '7' })).body.responseCode).toBe('2001800');
    expect(await client.transfer('P2', {}, { 'X-EXTERNAL-ID': '7' })).toMatchObject({
      status: 409,
      body: { responseCode: '4091800', responseMessage: 'Conflict' },
    });
    client.timestamp = '2020-09-16T10:00:00+07:00';
    expect((await client.transfer('P2', {}, { 'X-EXTERNAL-ID': '7' })).body.responseCode).toBe('2001800');
  });

  it('a token ends after its seconds', async () => {
    let clock = 0;
    const { client } = await start({ clock_us: () => clock });
    await client.login();
    clock = 899_999_999;
    expect((await client.transfer('P1')).body.responseCode).toBe('2001800');
    clock = 900_000_000;
    expect((await client.transfer('P2')).body.responseCode).toBe('4011801');
  });
});

describe('bank: payments', () => {
  it('pays, says so in its log, and knows the status', async () => {
    const { client, log } = await start();
    expect(await client.transfer('P1')).toMatchObject({
      status: 200,
      body: { responseCode: '2001800', partnerReferenceNo: 'P1', referenceNo: 'BNIS000000000001' },
    });
    expect(log().at(-1)).toMatchObject({
      reference: 'P1',
      external_id: expect.stringMatching(/^\d+$/),
      account: '0011223344',
      amount_idr: '600000',
      answer: '2001800',
      debited: true,
    });
    expect((await client.status('P1')).body).toMatchObject({
      responseCode: '2003600',
      originalReferenceNo: 'BNIS000000000001',
      latestTransactionStatus: '00',
      amount: { value: '600000.00', currency: 'IDR' },
    });
  });

  it('honours: a repeated reference is 409xx01, with other content 404xx18; debited once', async () => {
    const { client, log } = await start();
    await client.transfer('P1');
    expect((await client.transfer('P1')).body.responseCode).toBe('4091801');
    expect((await client.transfer('P1', { amount: { value: '1.00', currency: 'IDR' } })).body.responseCode).toBe(
      '4041818',
    );
    expect(log().filter((line) => line.debited)).toHaveLength(1);
  });

  it('ignores: a repeated reference is paid again', async () => {
    const { client, log } = await start({ personality: 'ignores' });
    expect((await client.transfer('P1')).body.referenceNo).toBe('BNIS000000000001');
    expect((await client.transfer('P1')).body.referenceNo).toBe('BNIS000000000002');
    expect(log().filter((line) => line.debited && line.reference === 'P1')).toHaveLength(2);
  });

  it.each([
    ['an unknown account', { beneficiaryAccountNo: '99' }, '4041811'],
    ['a closed account', { beneficiaryAccountNo: '33' }, '4041811'],
    ['an inactive account', { beneficiaryAccountNo: '22' }, '4031818'],
    ['an amount with sen', { amount: { value: '1.50', currency: 'IDR' } }, '4041813'],
    ['a number for an amount', { amount: { value: 600000, currency: 'IDR' } }, '4001802'],
    ['another currency', { amount: { value: '1.00', currency: 'USD' } }, '4001801'],
    ['no reference', { partnerReferenceNo: '' }, '4001802'],
    ['another payer', { sourceAccountNo: '1' }, '4031815'],
  ])('refuses %s', async (_, changes, code) => {
    const { client, log } = await start({}, undefined, { 'accounts.csv': ACCOUNTS });
    expect((await client.transfer('P1', changes)).body.responseCode).toBe(code);
    expect(log().at(-1)).toMatchObject({ answer: code, debited: false });
    // The latest line of an account counts: 0011223344 was closed once and is open now.
    expect((await client.transfer('P2')).body.responseCode).toBe('2001800');
  });

  it('a refused order has status 06 and may be sent again', async () => {
    const { client } = await start({}, undefined, { 'accounts.csv': ACCOUNTS });
    await client.transfer('P1', { beneficiaryAccountNo: '22' });
    expect((await client.status('P1')).body).toMatchObject({
      latestTransactionStatus: '06',
      previousResponseCode: '4031818',
    });
    expect((await client.transfer('P1')).body.responseCode).toBe('2001800');
    expect((await client.status('P1')).body.latestTransactionStatus).toBe('00');
  });

  it('has no more money than its opening balance', async () => {
    const { client } = await start({ opening_balance_idr: 1_199_999n });
    expect((await client.transfer('P1')).body.responseCode).toBe('2001800');
    expect((await client.transfer('P2')).body.responseCode).toBe('4031814');
  });

  it('settles after settle_ms: 202 and 03 before, 00 then', async () => {
    let clock = 0;
    const { client } = await start({ settle_ms: 1000, clock_us: () => clock });
    expect(await client.transfer('P1')).toMatchObject({ status: 202, body: { responseCode: '2021800' } });
    expect((await client.status('P1')).body.latestTransactionStatus).toBe('03');
    clock = 1_000_000;
    expect((await client.status('P1')).body.latestTransactionStatus).toBe('00');
  });

  it('an unknown reference is 404xx01, or 07 where a bank does that', async () => {
    expect(await (await start()).client.status('P9')).toMatchObject({ status: 404, body: { responseCode: '4043601' } });
    const { client } = await start({ unknown_status: 'status_07' });
    expect((await client.status('P9')).body).toMatchObject({ responseCode: '2003600', latestTransactionStatus: '07' });
  });

  it('tops up a wallet by its phone, and tells the holder of an account', async () => {
    const { client } = await start({}, undefined, { 'accounts.csv': ACCOUNTS });
    const body = { partnerReferenceNo: 'P1', customerNumber: '08123', amount: { value: '600000.00', currency: 'IDR' } };
    expect((await client.call('/v1.0/emoney/topup', body)).body).toMatchObject({
      responseCode: '2003800',
      customerNumber: '08123',
    });
    expect((await client.status('P1')).body).toMatchObject({ serviceCode: '38', latestTransactionStatus: '00' });
    const inquiry = (path: string, beneficiaryAccountNo: string) => client.call(path, { beneficiaryAccountNo });
    expect((await inquiry('/v1.0/account-inquiry-internal', '0011223344')).body).toMatchObject({
      responseCode: '2001500',
      beneficiaryAccountName: 'SITI',
    });
    expect((await inquiry('/v1.0/account-inquiry-external', '0011223344')).body.responseCode).toBe('2001600');
    expect((await inquiry('/v1.0/account-inquiry-external', '99')).body.responseCode).toBe('4041611');
    expect((await inquiry('/v1.0/account-inquiry-internal', '22')).body.responseCode).toBe('4031518');
    const wallet = (customerNumber: string) => client.call('/v1.0/emoney/account-inquiry', { customerNumber });
    expect((await wallet('08123')).body).toMatchObject({ responseCode: '2003700', customerName: 'DEWI' });
    expect((await wallet('08555')).body).toMatchObject({ responseCode: '2003700', customerName: '' });
    expect((await wallet('99')).body.responseCode).toBe('4043711');
  });

  it('an inquiry moves no money, may be told another name, and names nobody where no accounts are known', async () => {
    const { client, log } = await start({}, rule('other_name', 'RAHMAT'));
    const inquiry = async () =>
      (await client.call('/v1.0/account-inquiry-external', { beneficiaryAccountNo: '1' })).body.beneficiaryAccountName;
    expect([await inquiry(), await inquiry()]).toEqual(['RAHMAT', '']);
    expect(log().slice(1)).toMatchObject(Array(2).fill({ account: '1', amount_idr: '0', debited: false }));
    const before = await client.statement('date=2020-09-15&format=bni-csv');
    expect(before.match(/TRF/)).toBeNull();
  });
});

describe('bank: a restart', () => {
  it('keeps references, external ids, balances and keys', async () => {
    const options = { opening_balance_idr: 1_500_000n };
    const { place, client, sim } = await start(options);
    await client.transfer('P1', {}, { 'X-EXTERNAL-ID': '5' });
    const before = await client.statement('date=2020-09-15&format=bni-csv');
    await sim.close();
    await sim.close();
    const again = await open(place, options);
    expect(await again.client.statement('date=2020-09-15&format=bni-csv')).toBe(before);
    expect((await again.client.status('P1')).body.latestTransactionStatus).toBe('00');
    expect((await again.client.transfer('P1')).body.responseCode).toBe('4091801');
    expect((await again.client.transfer('P2', {}, { 'X-EXTERNAL-ID': '5' })).body.responseCode).toBe('4091800');
    expect((await again.client.transfer('P2')).body.referenceNo).toBe('BNIS000000000002');
    expect((await again.client.transfer('P3')).body.responseCode).toBe('4031814');
  });
});

describe('bank: faults', () => {
  it.each([
    ['http_500', undefined, 500, '5001800'],
    ['http_504', undefined, 504, '5041800'],
    ['http_429', undefined, 429, '4291800'],
    ['error_text', '403xx02 Exceeds Transaction Amount Limit', 403, '4031802'],
  ])('%s answers in SNAP and does nothing', async (fault, value, status, code) => {
    const { client, log } = await start({}, rule(fault, value, 'payment'));
    expect(await client.transfer('P1')).toMatchObject({ status, body: { responseCode: code } });
    expect(log().at(-1)).toMatchObject({ reference: 'P1', amount_idr: '600000', answer: code, debited: false });
    expect((await client.status('P1')).body.responseCode).toBe('4043601');
    expect((await client.transfer('P1')).body.responseCode).toBe('2001800');
  });

  it.each([
    ['answer_lost', undefined, true],
    ['answer_lost', 'http_504', true],
    ['truncated', undefined, true],
    ['disconnect', undefined, false],
    ['html', undefined, false],
    ['empty', undefined, false],
  ])('%s %s: debited %s', async (fault, value, debited) => {
    const { client, log } = await start({}, rule(fault, value, 'payment'));
    const answer = await client.transfer('P1').catch(() => undefined);
    expect(answer?.body.responseCode).toBe(value === 'http_504' ? '5041800' : undefined);
    expect(log().at(-1)).toMatchObject({ reference: 'P1', answer: `fault:${fault}`, debited });
    expect((await client.status('P1')).body.responseCode).toBe(debited ? '2003600' : '4043601');
    expect((await client.transfer('P1')).body.responseCode).toBe(debited ? '4091801' : '2001800');
  });

  it('pending stays 03 for so many questions; settle_failed takes no money', async () => {
    const pending = await start({}, rule('pending', 2));
    expect((await pending.client.transfer('P1')).status).toBe(202);
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await pending.client.status('P1')).body.latestTransactionStatus);
    expect(statuses).toEqual(['03', '03', '00']);
    const failed = await start({}, rule('settle_failed'));
    expect((await failed.client.transfer('P1')).status).toBe(202);
    expect((await failed.client.status('P1')).body.latestTransactionStatus).toBe('06');
    expect(failed.log().filter((line) => line.debited)).toEqual([]);
  });

  it('double_debit shows as two debits of one reference', async () => {
    const { client, log } = await start({}, rule('double_debit'));
    await client.transfer('P1');
    expect(log().filter((line) => line.debited && line.reference === 'P1')).toHaveLength(2);
  });
});
