import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { trialBalance } from '../../../db/ledger.ts';
import { bulkIdOf } from '../../../jobs/bulk-ids.ts';
import { resolveUnknown, submitRun } from '../../../scripts/payout.ts';
import { startListener } from '../../../scripts/payout-listen.ts';
import { reconcileFiles } from '../../../scripts/reconcile.ts';
import { type BankReply, decideBulk } from '../../../workers/payout/rules.ts';
import { testOffice } from '../../helpers/office.ts';
import { ACCOUNTS, account } from '../../helpers/payees.ts';
import { rebuilt, releasedRun, TODAY, type Town, type TownOptions, town } from '../../helpers/payout.ts';
import { json, startBank } from './bank-server.ts';

const WALLET = { channel: 'ewallet', provider: 'ovo', kyc: 'true' };
const BOTH = [account(1), account(2, WALLET), account(3), account(4, WALLET)];

interface BulkLine {
  readonly reference: string;
  readonly external_id: string;
  readonly bulk_id?: string;
  readonly service: string;
  readonly answer: string;
  readonly debited: boolean;
}

/** What the bank wrote into its log about bulks, a line per order, and about calls that it did not look into. */
function bulkLog({ sim }: Town): BulkLine[] {
  const lines = readFileSync(join(sim.log, 'bank.ndjson'), 'utf8').trimEnd().split('\n');
  return lines.map((text): BulkLine => JSON.parse(text)).filter(({ service }) => service === '20' || service === '40');
}

/** People whose released run went in bulk. */
async function sentInBulk(options: TownOptions): Promise<Town> {
  const here = await town(options);
  await submitRun(here.office, await releasedRun(here.office), { bulk: true });
  return here;
}

async function stored({ database }: Town): Promise<Map<string, string[]>> {
  const { rows } = await database.pool.query<{ id: string; refs: string[] }>(
    'select bulk_id as id, array_agg(reference order by reference) as refs from bulk_orders group by 1',
  );
  return new Map(rows.map(({ id, refs }) => [id, refs]));
}

const everybody = (here: Record<string, string>, state: string) =>
  Object.fromEntries(Object.keys(here).map((id) => [id, state]));

describe('what a bulk is', () => {
  it('one call to bank accounts and one to wallets, as SNAP BI says', async () => {
    const bank = await startBank();
    onTestFinished(() => bank.close());
    bank.onCall = (_, response) => json(response, 200, { responseCode: '2002000' });
    const client = bank.client();
    const common = { orderedAt: new Date('2020-09-15T02:00:00Z'), externalId: '7' };
    const payment = { reference: 'P1', amountIdr: 600_000n, accountNumber: '0123456789', holderName: 'SITI' };
    await client.bulk({ ...common, service: '20', bulkId: 'B1', payments: [{ ...payment, bankCode: '009' }] });
    await client.bulk({ ...common, service: '40', bulkId: 'B2', payments: [{ ...payment, provider: 'ovo' }] });
    const head = (id: string) => ({
      partnerBulkId: id,
      customerReference: id,
      currency: 'IDR',
      sourceAccountNo: '0000000001',
      transactionDate: '2020-09-15T09:00:00+07:00',
      additionalInfo: {},
    });
    const amount = { value: '600000.00', currency: 'IDR' };
    expect(bank.calls.map(({ path, headers, body }) => [path, headers['x-external-id'], JSON.parse(body)])).toEqual([
      [
        '/v1.0/transfer-interbank-bulk',
        '7',
        {
          ...head('B1'),
          bulkObject: [
            {
              partnerReferenceNo: 'P1',
              bankCode: '009',
              beneficiaryAccountNo: '0123456789',
              beneficiaryAccountName: 'SITI',
              amount,
            },
          ],
        },
      ],
      [
        '/v1.0/emoney/bulk-cashin-payment',
        '7',
        {
          ...head('B2'),
          bulkObject: [
            {
              partnerReferenceNo: 'P1',
              accountNo: '0123456789',
              accountName: 'SITI',
              additionalInfo: { provider: 'ovo' },
              amount,
            },
          ],
        },
      ],
    ]);
  });

  it('the same orders have the same id, in whatever order, and others another; a statement has room for it', () => {
    expect(bulkIdOf(['P2', 'P1'])).toBe(bulkIdOf(['P1', 'P2']));
    expect(bulkIdOf(['P1'])).not.toBe(bulkIdOf(['P1', 'P2']));
    expect(bulkIdOf(['P1'])).toMatch(/^PRAKERJA-BULK-[0-9A-F]{20}$/);
    expect(bulkIdOf(['P1']).length).toBeLessThanOrEqual(35);
  });
});

describe('decideBulk', () => {
  const answer = (responseCode: string | null, fields: object | null = {}, status?: number): BankReply => ({
    kind: 'answer',
    httpStatus: status ?? Number(responseCode?.slice(0, 3)),
    responseCode,
    body: fields && { responseCode, ...fields },
  });
  it.each<[string, BankReply, string, string, boolean?]>([
    ['taken', answer('2002000', { partnerBulkId: 'B' }), 'unknown', 'bulk_taken'],
    ['in progress', answer('2022000'), 'unknown', 'bulk_taken'],
    ['malformed', answer('4002001'), 'rejected', 'bank_rejected 4002001', true],
    ['not authenticated', answer('4012000'), 'submitting', '4012000', true],
    ['the external id repeated', answer('4092000'), 'unknown', '4092000'],
    ['too many', answer('4292000'), 'submitting', '4292000'],
    ['too many, by a gateway', answer(null, null, 429), 'submitting', 'HTTP 429'],
    ['not sent', { kind: 'not_sent', why: 'ECONNREFUSED' }, 'submitting', 'not sent: ECONNREFUSED'],
    ['the bulk is known', answer('4092001'), 'unknown', '4092001'],
    ['no funds: for all of it, or a part', answer('4032014'), 'unknown', '4032014', true],
    ['refused for a reason of one payee', answer('4042011'), 'unknown', '4042011'],
    ['a failure', answer('5002000'), 'unknown', '5002000'],
    ['another service', answer('4001800'), 'unknown', 'HTTP 400, not understood'],
    ['HTML', answer(null, null, 400), 'unknown', 'HTTP 400, not understood'],
    ['another bulk', answer('2002000', { partnerBulkId: 'C' }), 'unknown', 'contradiction 2002000: about another bulk'],
    ['silence', { kind: 'timeout' }, 'unknown', 'timeout'],
    ['cut', { kind: 'cut' }, 'unknown', 'cut'],
  ])('%s', (_, reply, state, reason, stopRun = false) => {
    expect(decideBulk({ service: '20', bulkId: 'B' }, reply)).toEqual({ state, reason, stopRun });
  });
});

describe('payout submit --bulk', () => {
  it('gives the bank each chunk in two calls; the orders are unknown until it is asked, then paid', async () => {
    const here = await sentInBulk({ people: 4, accounts: BOTH });
    expect(await here.states()).toEqual(everybody(await here.states(), 'unknown bulk_taken'));
    const log = bulkLog(here);
    expect(log.map(({ service, answer }) => `${service} ${answer}`).sort()).toEqual([
      '20 2002000',
      '20 2002000',
      '40 2004000',
      '40 2004000',
    ]);
    for (const service of ['20', '40']) {
      const of = log.filter((line) => line.service === service);
      expect(new Set(of.map(({ external_id }) => external_id)).size).toBe(1);
      const [bulkId = ''] = new Set(of.map(({ bulk_id }) => bulk_id));
      expect((await stored(here)).get(bulkId)).toEqual(of.map(({ reference }) => reference).sort());
    }
    const { rows } = await here.database.pool.query(
      `select reference from bank_calls where kind = 'transfer' and answer = 'bulk_taken'`,
    );
    expect(rows.length).toBe(4);
    expect(await resolveUnknown(here.office)).toMatchObject({ exitCode: 0, json: { asked: 4, unknown: 0 } });
    expect(await here.states()).toEqual(everybody(await here.states(), 'paid'));
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '0', paid: '2400000' });
  });

  it('the bank is asked about each by the service that it came with', async () => {
    const here = await sentInBulk({ people: 2, accounts: BOTH.slice(0, 2) });
    const bank = await startBank();
    onTestFinished(() => bank.close());
    bank.onCall = (_, response) => json(response, 404, { responseCode: '4043601' });
    const environment = { ...here.sim.env, BANK_URL: bank.url, PRAKERJA_NOW: here.office.config.now().toISOString() };
    await resolveUnknown(await testOffice(here.database, 'redis', environment, onTestFinished));
    expect(bank.calls.map(({ body }) => JSON.parse(body).serviceCode).sort()).toEqual(['20', '40']);
  });

  it('the bank tells of all in one message', async () => {
    const bankAccounts = [account(1), account(2, WALLET), account(3, { status: 'closed' }), account(4, WALLET)];
    const silent = { fault: 'http_500', endpoint: 'inquiry' };
    const here = await town({ people: 4, accounts: BOTH, bankAccounts, faults: [silent] });
    const listener = await startListener(here.office, 0);
    onTestFinished(() => listener.close());
    await fetch(`${here.sim.env.BANK_URL}/sim/callback`, { method: 'POST', body: listener.url });
    await submitRun(here.office, await releasedRun(here.office), { bulk: true });
    await here.sim.close();
    expect(await here.states()).toEqual({
      R1: 'paid',
      R2: 'paid',
      R3: 'rejected bank_rejected notice 06',
      R4: 'paid',
    });
    expect(listener.counts).toEqual({ kept: 2, again: 0, refused: 0 });
  });

  it.each<[string, object, string, number]>([
    [
      'malformed: refused, and the run stops',
      { fault: 'error_text', value: '400xx01 Field' },
      'rejected bank_rejected 4002001',
      1,
    ],
    [
      'not authenticated, three times: the run stops',
      { fault: 'error_text', value: '401xx00 No' },
      'unknown 4012000',
      3,
    ],
    ['too many, once', { fault: 'http_429', until_call: 1 }, 'unknown bulk_taken', 2],
    ['the external id repeated', { fault: 'error_text', value: '409xx00 Conflict' }, 'unknown 4092000', 1],
    ['the answer is lost', { fault: 'answer_lost' }, 'unknown cut', 1],
    ['a failure', { fault: 'http_500' }, 'unknown 5002000', 1],
  ])('%s', async (_, fault, state, calls) => {
    const here = await sentInBulk({ people: 2, faults: [fault] });
    expect(await here.states()).toEqual({ R1: state, R2: state });
    expect(new Set(bulkLog(here).map(({ external_id }) => external_id)).size).toBe(calls);
    const { rows } = await here.database.pool.query<{ state: string }>('select state from payout_runs');
    expect(rows[0]?.state).toBe(/^rejected|^unknown 401/.test(state) ? 'stopped' : 'done');
    expect([...(await stored(here)).values()].map((refs) => refs.length)).toEqual([2]);
  });

  it('what went in a bulk is never sent again by machine, whatever the bank and its statement do not know', async () => {
    const here = await sentInBulk({ people: 2, faults: [{ fault: 'disconnect' }] });
    const morning = await here.officeAt('2020-09-16T09:00:00+07:00');
    await reconcileFiles(morning, [await here.statement(`date=${TODAY}`)], undefined);
    expect(await resolveUnknown(morning)).toMatchObject({ exitCode: 3, json: { asked: 2, unknown: 2 } });
    expect(here.bankLog()).toEqual([]);
    expect(bulkLog(here).filter(({ debited }) => debited)).toEqual([]);
  });

  it('a statement that names each order settles them', async () => {
    const here = await sentInBulk({ people: 2 });
    const morning = await here.officeAt('2020-09-16T09:00:00+07:00');
    const read = await reconcileFiles(morning, [await here.statement(`date=${TODAY}`)], undefined);
    expect(read).toMatchObject({ exitCode: 0, json: { totals_equal: true, open_breaks: {} } });
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid' });
  });

  it('a database made anew makes the same bulk, and a bank that knows it pays nobody twice', async () => {
    const people = { people: 3 };
    const here = await sentInBulk(people);
    const again = await rebuilt(here, people);
    await submitRun(again.office, await releasedRun(again.office), { bulk: true });
    expect(await again.states()).toEqual(everybody(await again.states(), 'unknown 4092000'));
    expect([...(await stored(again)).keys()]).toEqual([...(await stored(here)).keys()]);
    expect(bulkLog(here).filter(({ debited }) => debited).length).toBe(3);
    expect(await resolveUnknown(again.office)).toMatchObject({ exitCode: 0, json: { unknown: 0 } });
  });

  it('a run that was begun in bulk goes on in bulk', async () => {
    const here = await sentInBulk({ people: 2, accounts: [account(1), account(2, { status: 'closed' })] });
    expect(bulkLog(here).length).toBe(1);
    await here.load('accounts', ACCOUNTS, account(2, { linked_at: '2020-09-15T04:00:00Z' }));
    const run = await releasedRun(here.office);
    await here.database.pool.query('update payout_runs set bulk = true where payout_run = $1', [run]);
    await submitRun(here.office, run);
    expect(bulkLog(here).length).toBe(2);
    expect(here.bankLog()).toEqual([]);
  });

  it('one that is lost to another worker takes its whole bulk with it', async () => {
    const here = await town({ people: 2 });
    const run = await releasedRun(here.office);
    await here.database.pool.query(`
      create function lose_one() returns trigger language plpgsql as $$
      begin
        update instalments set state = 'unknown', reason = 'lost' where instalment_id = (select max(instalment_id) from instalments);
        return null;
      end $$;
      create trigger lose_one after insert on bulk_orders for each statement execute function lose_one()`);
    await submitRun(here.office, run, { bulk: true });
    expect(bulkLog(here)).toEqual([]);
    expect(await here.states()).toEqual({ R1: 'unknown no_answer', R2: 'unknown lost' });
  });
});
