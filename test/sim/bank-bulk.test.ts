import { expect, it } from 'vitest';
import { type BankOptions, startBank } from '../../sim/bank.ts';
import type { Place } from '../../sim/place.ts';
import { logLines, placeOf, SnapClient, stopping } from './helpers.ts';

const ACCOUNTS = `registration_id,linked_at,channel,provider,account_number,holder_name,phone,status
R1,2020-08-01T00:00:00+07:00,bank,bni,11,SITI,,active
R2,2020-08-01T00:00:00+07:00,bank,bni,22,BUDI,,closed
R3,2020-08-01T00:00:00+07:00,ewallet,ovo,33,DEWI,0833,active
`;

async function open(place: Place, options: BankOptions = {}): Promise<SnapClient> {
  return new SnapClient(stopping(await startBank(place, options)));
}

const amount = { value: '600000.00', currency: 'IDR' };
const transfer = (partnerReferenceNo: string, beneficiaryAccountNo: string) => ({
  partnerReferenceNo,
  bankCode: '009',
  beneficiaryAccountNo,
  beneficiaryAccountName: 'X',
  amount,
});
const bulk = (partnerBulkId: string, ...bulkObject: object[]) => ({
  partnerBulkId,
  sourceAccountNo: '0000202020',
  bulkObject,
});
const BANK = '/v1.0/transfer-interbank-bulk';
const WALLET = '/v1.0/emoney/bulk-cashin-payment';

it('takes a bulk with one answer, and writes a line of its log for each order', async () => {
  const place = placeOf({ 'accounts.csv': ACCOUNTS });
  const client = await open(place);
  const said = await client.call(BANK, bulk('B1', transfer('P1', '11'), transfer('P2', '22')));
  expect(said).toMatchObject({ status: 200, body: { responseCode: '2002000', partnerBulkId: 'B1' } });
  const item = { partnerReferenceNo: 'P3', accountNo: '0833', accountName: 'DEWI', amount };
  expect((await client.call(WALLET, bulk('B2', item))).body.responseCode).toBe('2004000');
  const lines = logLines(place.log, 'bank.ndjson').filter((line) => line.bulk_id !== undefined);
  expect(lines).toMatchObject([
    { reference: 'P1', bulk_id: 'B1', answer: '2002000', debited: true, amount_idr: '600000', account: '11' },
    { reference: 'P2', bulk_id: 'B1', answer: '4042011', debited: false },
    { reference: 'P3', bulk_id: 'B2', answer: '2004000', debited: true },
  ]);
  expect(lines[0]?.external_id).toBe(lines[1]?.external_id);
  const status = async (reference: string) => (await client.status(reference)).body;
  expect(await status('P1')).toMatchObject({ serviceCode: '20', latestTransactionStatus: '00' });
  expect(await status('P2')).toMatchObject({ latestTransactionStatus: '06', previousResponseCode: '4042011' });
  expect(await status('P3')).toMatchObject({ serviceCode: '40', latestTransactionStatus: '00' });
  const statement = await client.statement('date=2020-09-15&format=bni-csv');
  expect(statement.match(/TRF\/P\d/g)).toEqual(['TRF/P1', 'TRF/P3']);
});

it.each<[string, object, string]>([
  ['without an id', bulk('', transfer('P1', '11')), '4002002'],
  ['without orders', bulk('B1'), '4002002'],
  ['of more than there is', bulk('B1', transfer('P1', '11'), transfer('P3', '11')), '4032014'],
])('a bulk %s is refused whole', async (_, message, code) => {
  const place = placeOf({ 'accounts.csv': ACCOUNTS });
  const client = await open(place, { opening_balance_idr: 1_000_000n });
  expect((await client.call(BANK, message)).body.responseCode).toBe(code);
  expect(logLines(place.log, 'bank.ndjson').filter((line) => line.debited)).toEqual([]);
  expect((await client.status('P1')).body.responseCode).toBe('4043601');
});

it('a bulk that is known is 409xx01, also after a restart', async () => {
  const place = placeOf({ 'accounts.csv': ACCOUNTS });
  const message = bulk('B1', transfer('P1', '11'));
  expect((await (await open(place)).call(BANK, message)).body.responseCode).toBe('2002000');
  expect((await (await open(place)).call(BANK, message)).body.responseCode).toBe('4092001');
});
