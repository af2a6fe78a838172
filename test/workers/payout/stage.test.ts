import { describe, expect, it } from 'vitest';
import { claim, putBackExpired } from '../../../db/chunk.ts';
import { trialBalance } from '../../../db/ledger.ts';
import { holdPerson, releaseHold } from '../../../db/payment-holds.ts';
import { openSubmission } from '../../../db/payout.ts';
import { builtinPolicy } from '../../../jobs/policy.ts';
import { diagnose } from '../../../scripts/doctor.ts';
import { prepareRunOf, releaseIt, resolveUnknown, submitRun } from '../../../scripts/payout.ts';
import { createPayoutStage } from '../../../workers/payout/stage.ts';
import type { Office } from '../../../workers/runtime/office.ts';
import { createStages } from '../../../workers/runtime/stages.ts';
import { executeHere } from '../../../workers/runtime/worker.ts';
import { account, nik, paidTwice, pay, rebuilt, releasedRun, type Town, town } from '../../helpers/payout.ts';

const NEVER = new AbortController().signal;

describe.each(['honours', 'ignores'] as const)('a bank that %s the reference', (personality) => {
  const bank = { personality };

  it('from prepare to accepted: bank accounts and wallets, one debit each', async () => {
    const wallet = account(2, { channel: 'ewallet', provider: 'ovo', kyc: 'true' });
    const { office, states, bankLog, database } = await town({
      people: 3,
      bank,
      accounts: [account(1), wallet, account(3)],
    });
    const prepared = await prepareRunOf(office, 'ayu');
    expect(prepared.json).toEqual({ run: '1', count: 3, total_idr: '1800000', held: 0 });
    await expect(releaseIt(office, '1', 'ayu')).rejects.toThrow('another person must release it');
    await expect(submitRun(office, '1')).rejects.toThrow('payout run 1 is prepared');
    expect(bankLog()).toEqual([]);
    await releaseIt(office, '1', 'budi');
    const sent = await submitRun(office, '1');
    expect(sent).toMatchObject({ exitCode: 0, json: { run: '1', state: 'done', sent: 3, states: { accepted: 3 } } });
    expect(await states()).toEqual({ R1: 'accepted', R2: 'accepted', R3: 'accepted' });
    const said = bankLog().map(({ service, answer }) => `${service} ${answer}`);
    expect(said.sort()).toEqual(['18 2001800', '18 2001800', '38 2003800']);
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
    expect(await submitRun(office, '1')).toMatchObject({ exitCode: 0, json: { state: 'done', sent: 0 } });
    expect(bankLog().length).toBe(3);
  });

  it('a worker that dies between the intent and the answer leaves unknown orders, which nobody sends by himself', async () => {
    const here = await town({ people: 3, bank });
    const chunkId = await openChunk(here, await releasedRun(here.office));
    await atIntent(here.office, chunkId);
    expect(await here.states()).toEqual({ R1: 'submitting', R2: 'submitting', R3: 'submitting' });
    await expireLease(here);
    await executeHere(here.office, 'payout', chunkId);
    const unknown = { R1: 'unknown no_answer', R2: 'unknown no_answer', R3: 'unknown no_answer' };
    expect(await here.states()).toEqual(unknown);
    expect(await resolveUnknown(here.office)).toMatchObject({ exitCode: 3, json: { asked: 3, unknown: 3 } });
    expect(here.bankLog()).toEqual([]);
  });

  it('whatever is unknown for over a day, or with a contradiction, goes to a person', async () => {
    const here = await town({
      people: 2,
      bank,
      faults: [{ fault: 'error_text', value: '404xx18 Inconsistent', until_call: 1 }],
    });
    await pay(here.office);
    const unanswered = async (now: string) => {
      const { lines } = await diagnose(await here.officeAt(now));
      return lines.find((line) => line.includes('unanswered'));
    };
    const today = await unanswered('2020-09-15T20:00:00+07:00');
    expect(today).toMatch(/^FAIL +unanswered +0 payments are unknown for over 24 h, 1 with a contradiction/);
    await here.database.pool.query(`update instalments set reason = 'timeout' where state = 'unknown'`);
    expect(await unanswered('2020-09-16T12:00:00+07:00')).toMatch(/^ok/);
    expect(await unanswered('2020-09-16T12:00:01+07:00')).toMatch(/^FAIL +unanswered +1 payments/);
  });

  it('a worker that was frozen after its intent sends nothing: another has made its orders unknown, and may have resolved them', async () => {
    const here = await town({ people: 3, bank });
    const chunkId = await openChunk(here, await releasedRun(here.office));
    const slow = await atIntent(here.office, chunkId);
    await expireLease(here);
    await executeHere(here.office, 'payout', chunkId);
    expect(here.bankLog()).toEqual([]);
    await slow.goOn();
    const unknown = { R1: 'unknown no_answer', R2: 'unknown no_answer', R3: 'unknown no_answer' };
    expect(await here.states()).toEqual(unknown);
    expect(here.bankLog()).toEqual([]);
  });

  it('a worker that was frozen after its intent for a day sends on that day, and says so', async () => {
    const here = await town({ people: 1, bank });
    const next = new Date('2020-09-16T09:00:00+07:00');
    let now = here.office.config.now();
    const office = { ...here.office, config: { ...here.office.config, now: () => now } };
    const slow = await atIntent(office, await openChunk(here, await releasedRun(here.office)));
    now = next;
    await slow.goOn();
    const { rows } = await here.database.pool.query(
      `select at from bank_calls where kind = 'transfer' order by external_id desc`,
    );
    expect(rows[0]).toEqual({ at: next });
  });

  it('a worker that had loaded the orders when another sent them sends none', async () => {
    const here = await town({ people: 3, bank });
    const chunkId = await openChunk(here, await releasedRun(here.office));
    const slow = await atLoad(here.office, chunkId);
    await expireLease(here);
    await executeHere(here.office, 'payout', chunkId);
    await slow.goOn();
    expect(await here.states()).toEqual({ R1: 'accepted', R2: 'accepted', R3: 'accepted' });
    expect(here.bankLog().length).toBe(3);
    expect(paidTwice(here.bankLog())).toEqual([]);
  });

  it('a database made anew has the same references; a bank that honours them pays nobody twice', async () => {
    const people = { people: 3, bank };
    const here = await town(people);
    await pay(here.office);
    const again = await rebuilt(here, people);
    await pay(again.office);
    const references = here.bankLog().map(({ reference }) => reference);
    expect(new Set(references).size).toBe(3);
    if (personality === 'ignores') return; // Only "db restored" helps here: the bank itself pays whatever it gets.
    expect(paidTwice(here.bankLog())).toEqual([]);
    for (const state of Object.values(await again.states())) expect(state).toMatch(/^unknown .*4091800/);
    expect(await resolveUnknown(again.office)).toMatchObject({
      exitCode: 0,
      json: { asked: 3, unknown: 0, states: { paid: 3 } },
    });
  });
});

describe('just before paying', () => {
  it('holds whoever is on a list that day, is revoked, or has no account in order; the others are paid', async () => {
    const other = account(6, { holder_nik: nik(1) });
    const here = await town({ people: 6, accounts: [1, 2, 3, 4, 5].map((n) => account(n)).concat(other) });
    const { json } = await prepareRunOf(here.office, 'ayu');
    expect(json).toMatchObject({ count: 5 });
    await releaseIt(here.office, '1', 'budi');
    await here.load(
      'exclusions',
      'list,nik,valid_from,valid_to,source',
      `asn,${nik(2)},2020-09-15,,BKN`,
      `tni,${nik(3)},2020-01-01,2020-09-14,TNI`,
    );
    await here.load('accounts', ACCOUNTS, account(4, { linked_at: '2020-09-15T00:00:00Z', status: 'closed' }));
    await here.database.pool.query(`update participants set state = 'revoked', revoked_at = now() where nik = $1`, [
      nik(5),
    ]);
    await submitRun(here.office, '1');
    expect(await here.states()).toEqual({
      R1: 'accepted',
      R2: 'held excluded_asn',
      R3: 'accepted',
      R4: 'held account_not_active',
      R5: 'held participation_revoked',
      R6: 'held account_holder_mismatch',
    });
    expect(here.bankLog().length).toBe(2);
    // An account put in order is paid with the next run, as the order that was never made.
    const next = await here.officeAt('2020-09-16T12:00:00+07:00');
    await here.load('accounts', ACCOUNTS, account(4, { linked_at: '2020-09-15T10:00:00Z' }));
    await pay(next);
    expect(await here.states()).toMatchObject({
      R2: 'held excluded_asn',
      R4: 'accepted',
      R5: 'held participation_revoked',
    });
    const { rows } = await here.database.pool.query('select order_number from instalments order by instalment_id');
    expect(rows.map(({ order_number }) => order_number)).toEqual([1, 0, 1, 1, 0, 0]);
  });

  it('somebody held while the worker was about to pay gets no order', async () => {
    const here = await town({ people: 2 });
    const chunkId = await openChunk(here, await releasedRun(here.office));
    const slow = await atLoad(here.office, chunkId);
    const { db } = here.database;
    await db.transaction().execute((tx) => holdPerson(tx, 'R1', 'cita', 'account reported stolen', new Date()));
    await slow.goOn();
    expect(await here.states()).toEqual({ R1: 'held held_by_operator', R2: 'accepted' });
    const { rows } = await here.database.pool.query('select instalment_id from payment_orders');
    expect(rows.length).toBe(1);
  });

  it('what the bank refused is paid by a new order, once a person has let it go and a second one has released it', async () => {
    const here = await town({ people: 1, faults: [{ fault: 'error_text', value: '403xx18 Inactive', until_call: 1 }] });
    await pay(here.office);
    expect(await here.states()).toEqual({ R1: 'rejected bank_rejected 4031818' });
    const { db } = here.database;
    expect((await prepareRunOf(here.office, 'ayu')).json).toMatchObject({ count: 0 });
    await db.transaction().execute((tx) => holdPerson(tx, 'R1', 'cita', 'calls the branch', new Date()));
    await db
      .transaction()
      .execute((tx) =>
        releaseHold(tx, { registrationId: 'R1', by: 'cita', note: 'account is active again', now: new Date() }),
      );
    await pay(here.office);
    expect(await here.states()).toEqual({ R1: 'accepted' });
    const { rows } = await here.database.pool.query<{ reference: string }>(
      'select reference from payment_orders order by order_number',
    );
    expect(rows.map(({ reference }) => reference)).toEqual(here.bankLog().map(({ reference }) => reference));
    expect(new Set(rows.map(({ reference }) => reference)).size).toBe(2);
    expect(await trialBalance(db)).toEqual({ in_flight: '600000', programme: '0', treasury: '-600000' });
  });

  it('without a bank nothing is sent and nothing changes', async () => {
    const here = await town({ people: 1 });
    const run = await releasedRun(here.office);
    const stage = createPayoutStage(undefined, here.office.config.now, () => undefined);
    await expect(async () =>
      stage.ask?.(here.office.db, { kind: 'resolve', rows: [] }, [], context(here.office)),
    ).rejects.toThrow('BANK_URL');
    await expect(
      submitRun({ ...here.office, config: { ...here.office.config, bank: undefined } }, run),
    ).rejects.toThrow('BANK_URL is not set');
    expect(await here.states()).toEqual({ R1: 'released' });
  });
});

const ACCOUNTS = 'registration_id,linked_at,channel,provider,account_number,holder_name,holder_nik,phone,kyc,status';

function context(office: Office) {
  return { now: office.config.now(), policy: builtinPolicy, signal: NEVER };
}

async function openChunk({ database }: Town, run: string): Promise<string> {
  await database.db.transaction().execute((tx) => openSubmission(tx, run));
  const { rows } = await database.pool.query<{ id: string }>(
    `select chunk_id as id from chunks where stage = 'payout'`,
  );
  expect(rows.length).toBe(1);
  return rows[0]?.id ?? '';
}

/** A minute goes by without a sign of the worker that holds the chunk. */
async function expireLease({ database }: Town): Promise<void> {
  await database.pool.query(
    `update chunks set lease_until = clock_timestamp() - interval '1 second' where state = 'running'`,
  );
  expect(await putBackExpired(database.db)).toBe(1);
}

interface Stuck {
  /** Wakes the worker: it does all that is left to do, and does not know that its lease is lost. */
  goOn(): Promise<void>;
}

/** A worker that stops dead after loading the chunk it claimed. */
async function atLoad(office: Office, chunkId: string): Promise<Stuck> {
  const { stage, chunk } = await claimed(office, chunkId);
  const given = context(office);
  const loaded = await stage.load(office.db, chunk, given);
  return {
    goOn: async () => {
      const orders = await stage.intend?.(office.db, chunk, loaded, given);
      await stage.ask?.(office.db, loaded, orders, given);
    },
  };
}

/** A worker that stops dead after its intent was committed. */
async function atIntent(office: Office, chunkId: string): Promise<Stuck> {
  const { stage, chunk } = await claimed(office, chunkId);
  const given = context(office);
  const loaded = await stage.load(office.db, chunk, given);
  const orders = await stage.intend?.(office.db, chunk, loaded, given);
  return {
    goOn: async () => {
      await stage.ask?.(office.db, loaded, orders, given);
    },
  };
}

async function claimed(office: Office, chunkId: string) {
  const { payout: stage } = (await createStages(office.config, office.db)).of;
  const chunk = await claim(office.db, chunkId, 'slow', 60);
  if (stage.kind !== 'chunk' || !chunk) throw new Error('the chunk was not to be had');
  return { stage, chunk };
}
