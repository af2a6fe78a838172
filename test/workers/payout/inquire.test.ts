import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openInquiry, type ToAsk } from '../../../db/account-inquiries.ts';
import { claim } from '../../../db/chunk.ts';
import { submitRun } from '../../../scripts/payout.ts';
import { askAccounts } from '../../../workers/payout/inquire.ts';
import { createStages } from '../../../workers/runtime/stages.ts';
import { ACCOUNTS, account } from '../../helpers/payees.ts';
import { type BankLine, pay, releasedRun, type Town, town } from '../../helpers/payout.ts';
import { startBank } from './bank-server.ts';

const wallet = { channel: 'ewallet', provider: 'ovo', kyc: 'true' };
const TO_ASK: ToAsk = {
  nik: '1',
  channel: 'bank',
  provider: 'bni',
  accountNumber: '1',
  holderName: 'PERSON 1',
  holderNik: '1',
  kyc: false,
  status: 'active',
  bankSaid: null,
};
const underAnotherName = (line: string) => line.replace(/PERSON \d+/, 'RAHMAT HIDAYAT');

/** What the bank was asked about accounts, in order. */
function inquiries({ sim }: Town): BankLine[] {
  const lines = readFileSync(join(sim.log, 'bank.ndjson'), 'utf8').trimEnd().split('\n');
  return lines.map((text): BankLine => JSON.parse(text)).filter(({ service }) => service === '16' || service === '37');
}

async function facts({ database }: Town): Promise<string[]> {
  const { rows } = await database.pool.query<{ fact: string }>(
    `select account_number || ' ' || said || ' ' || response_code as fact from account_inquiries order by 1`,
  );
  return rows.map(({ fact }) => fact);
}

describe('before a run is sent', () => {
  it('the bank is asked whose the accounts are; what is not in order there is held, and never ordered', async () => {
    const here = await town({
      people: 6,
      accounts: [account(1), account(2), account(3), account(4), account(5, wallet), account(6, wallet)],
      bankAccounts: [
        account(1),
        underAnotherName(account(2)),
        account(3, { status: 'closed' }),
        account(4, { status: 'inactive' }),
        account(5, wallet),
        underAnotherName(account(6, wallet)),
      ],
    });
    const sent = await submitRun(here.office, await releasedRun(here.office));
    expect(sent).toMatchObject({ exitCode: 0, json: { accounts: { confirmed: 2, wrong: 4, unanswered: 0 } } });
    expect(sent.lines.join(' ')).toContain('confirmed 2 accounts, said of 4 that they cannot be paid');
    expect(await here.states()).toEqual({
      R1: 'accepted',
      R2: 'held account_name_mismatch',
      R3: 'held account_unknown_at_bank',
      R4: 'held account_not_active',
      R5: 'accepted',
      R6: 'held account_name_mismatch',
    });
    expect(here.bankLog().length).toBe(2);
    expect(await facts(here)).toEqual([
      '0011200001 confirmed 2001600',
      '0011200002 other_name 2001600',
      '0011200003 no_account 4041611',
      '0011200004 not_active 4031618',
      '0011200005 confirmed 2003700',
      '0011200006 other_name 2003700',
    ]);
    const { rows } = await here.database.pool.query(
      `select external_id as id, answer from bank_calls where kind = 'inquiry' order by 1`,
    );
    const asked = inquiries(here).map(({ external_id, answer }) => ({ id: external_id, answer }));
    expect(rows).toEqual(asked.sort((a, b) => (a.id < b.id ? -1 : 1)));
  });

  it('an account is asked about once, and not at all where what was linked is not in order', async () => {
    const here = await town({ people: 3, bankAccounts: [account(1), account(2), account(3)] });
    const run = await releasedRun(here.office);
    await here.load('accounts', ACCOUNTS, account(3, { linked_at: '2020-09-15T00:00:00Z', status: 'closed' }));
    await submitRun(here.office, run);
    expect(
      inquiries(here)
        .map((line) => line.account)
        .sort(),
    ).toEqual(['0011200001', '0011200002']);
    expect(await here.states()).toMatchObject({ R3: 'held account_not_active' });
    await pay(await here.officeAt('2020-10-15T12:00:00+07:00'));
    expect(inquiries(here).length).toBe(2);
    expect(here.bankLog().length).toBe(4);
  });

  it('a hold ends by itself when another account is linked, or the same one again once the bank has it in order', async () => {
    const bankAccounts = [underAnotherName(account(1)), account(2), account(3)];
    const once = { fault: 'error_text', value: '403xx18 Inactive', endpoint: 'inquiry', until_call: 3 };
    const here = await town({ people: 3, bankAccounts, faults: [{ ...once, from_call: 2 }] });
    await pay(here.office);
    const held = Object.entries(await here.states()).filter(([, state]) => state.startsWith('held'));
    expect(held.length).toBeGreaterThanOrEqual(2);
    // The next day nothing has changed: nobody is in the run.
    const next = await here.officeAt('2020-09-16T12:00:00+07:00');
    await expect(releasedRun(next)).rejects.toThrow();
    const again = held.map(([id]) => account(Number(id.slice(1)), { linked_at: '2020-09-16T05:00:00Z' }));
    await here.load('accounts', ACCOUNTS, ...again);
    await pay(await here.officeAt('2020-09-16T13:00:00+07:00'));
    expect(await here.states()).toEqual({ R1: 'held account_name_mismatch', R2: 'accepted', R3: 'accepted' });
    const other = account(1, { linked_at: '2020-09-16T09:00:00Z' }).replace('0011200001', '0011200002');
    await here.load('accounts', ACCOUNTS, other.replace('PERSON 1', 'PERSON 2'));
    await pay(await here.officeAt('2020-09-16T17:00:00+07:00'));
    expect(await here.states()).toEqual({ R1: 'accepted', R2: 'accepted', R3: 'accepted' });
  });

  it("the bank's silence turns nobody away, and is no fact", async () => {
    const faults = [
      { fault: 'http_500' },
      { fault: 'http_429' },
      { fault: 'disconnect' },
      { fault: 'html', value: 404 },
      { fault: 'error_text', value: '404xx00 Not Found' },
      { fault: 'other_name', value: '' },
    ].map((rule, i) => ({ ...rule, endpoint: 'inquiry', from_call: i + 1, until_call: i + 1 }));
    const numbers = [1, 2, 3, 4, 5, 6];
    const here = await town({ people: 6, faults, bankAccounts: numbers.map((n) => account(n)) });
    const sent = await submitRun(here.office, await releasedRun(here.office));
    expect(sent.json).toMatchObject({ accounts: { confirmed: 0, wrong: 0, unanswered: 6 }, states: { accepted: 6 } });
    expect(await facts(here)).toEqual([]);
    // With the next payment they are asked about again.
    const later = await here.officeAt('2020-10-15T12:00:00+07:00');
    const again = await submitRun(later, await releasedRun(later));
    expect(again.json).toMatchObject({ accounts: { confirmed: 6, wrong: 0, unanswered: 0 } });
  });

  it('a bank that lets us wait is not asked about the others of a chunk', async () => {
    const bank = await startBank();
    onTestFinished(() => bank.close());
    bank.onCall = () => undefined;
    const { database, office } = await town({ people: 0 });
    const accounts = Array.from({ length: 20 }, (_, i): ToAsk => ({ ...TO_ASK, accountNumber: String(i) }));
    const context = { now: office.config.now, signal: new AbortController().signal };
    await askAccounts(office.db, accounts, bank.client({ timeout_ms: 1000 }), context);
    expect(bank.calls.length).toBe(8);
    const { rows } = await database.pool.query(
      `select answer, count(*)::int as n from bank_calls group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { answer: 'timeout', n: 8 },
      { answer: null, n: 12 },
    ]);
  });

  it('an account about which asking fails for a reason of ours is not held either', async () => {
    const here = await town({ people: 1, bankAccounts: [account(1)] });
    const run = await releasedRun(here.office);
    const { db } = here.office;
    const now = here.office.config.now();
    await db.transaction().execute((tx) => openInquiry(tx, run, now));
    const { rows } = await here.database.pool.query<{ id: string }>(
      `select chunk_id as id from chunks where stage = 'payout'`,
    );
    const chunk = await claim(db, rows[0]?.id ?? '', 'test', 60);
    const { payout: stage } = (await createStages(here.office.config, db)).of;
    if (stage.kind !== 'chunk' || !chunk) throw new Error('the chunk was not to be had');
    const context = { now, policy: {} as never, signal: new AbortController().signal };
    const counts = await db.transaction().execute((tx) => stage.park(tx, chunk, 'fails', context));
    expect(counts).toEqual({ passed: 0, rejected: 0, waiting: 1, parked: 0 });
    expect(await here.states()).toEqual({ R1: 'released' });
  });
});
