import { describe, expect, it } from 'vitest';
import { openSubmission } from '../../../db/payout.ts';
import { prepareRunOf, releaseIt, stopIt, submitRun } from '../../../scripts/payout.ts';
import { executeHere } from '../../../workers/runtime/worker.ts';
import { account, paidTwice, pay, releasedRun, type Town, town } from '../../helpers/payout.ts';

const NO_FUNDS = { fault: 'error_text', value: '403xx14 Insufficient Funds' };
const MORNING = '2020-09-16T09:00:00+07:00';

async function counts({ states }: Town): Promise<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const state of Object.values(await states())) all[state] = (all[state] ?? 0) + 1;
  return all;
}

async function runState({ database }: Town): Promise<string | undefined> {
  const { rows } = await database.pool.query<{ state: string }>(
    'select state from payout_runs order by payout_run desc limit 1',
  );
  return rows[0]?.state;
}

describe('the bank refuses for a reason of ours', () => {
  it('403xx14 stops the run: those who were not called yet stay released, in this chunk and the next', async () => {
    const here = await town({ people: 60, bank: { opening_balance_idr: 600_000n } });
    const run = await releasedRun(here.office);
    await here.database.db.transaction().execute((tx) => openSubmission(tx, run));
    const { rows } = await here.database.pool.query<{ id: string }>(
      `select chunk_id as id from chunks where stage = 'payout' order by 1`,
    );
    expect(rows.length).toBe(2);
    for (const { id } of rows) await executeHere(here.office, 'payout', id);
    expect(here.bankLog().length).toBe(8);
    expect(await counts(here)).toEqual({ accepted: 1, 'rejected bank_rejected 4031814': 7, released: 52 });
    await expect(here.database.db.transaction().execute((tx) => openSubmission(tx, run))).rejects.toThrow('is stopped');
    expect(await stopIt(here.office, run)).toBe(52);
    // Whom it refused for us is due with them.
    expect((await prepareRunOf(here.office, 'ayu')).json).toMatchObject({ count: 59 });
  });

  it('in a bulk: the wallets are not sent after the bank accounts were refused', async () => {
    const wallet = { channel: 'ewallet', provider: 'ovo', kyc: 'true' };
    const accounts = [account(1), account(2, wallet), account(3), account(4, wallet)];
    const faults = [{ fault: 'error_text', value: '400xx01 Field', until_call: 1 }];
    const here = await town({ people: 4, accounts, faults });
    const run = await releasedRun(here.office);
    const said = await submitRun(here.office, run, { bulk: true });
    expect(said).toMatchObject({ exitCode: 3, json: { state: 'stopped', sent: 2 } });
    const states = await here.states();
    expect(states).toEqual({ R1: 'rejected bank_rejected 4002001', R2: 'released', R3: states.R1, R4: 'released' });
    await stopIt(here.office, run);
    expect((await prepareRunOf(here.office, 'ayu')).json).toMatchObject({ count: 4 });
  });

  it('whom it refused for that is paid by a new order with the next run, which another person releases', async () => {
    const here = await town({ people: 3, faults: [{ ...NO_FUNDS, until_call: 3 }] });
    const said = await submitRun(here.office, await releasedRun(here.office));
    expect(said).toMatchObject({ exitCode: 3, json: { state: 'stopped', sent: 3 } });
    expect(said.lines.join(' ')).toMatch(/4031814.*payout prepare.*3 that were refused/);
    const { json } = await prepareRunOf(here.office, 'ayu');
    expect(json).toMatchObject({ run: '2', count: 3 });
    await expect(releaseIt(here.office, '2', 'ayu')).rejects.toThrow('another person');
    await releaseIt(here.office, '2', 'budi');
    await submitRun(here.office, '2');
    expect(await counts(here)).toEqual({ accepted: 3 });
    expect(paidTwice(here.bankLog())).toEqual([]);
    const { rows } = await here.database.pool.query<{ n: number }>('select order_number as n from instalments');
    expect(rows.map(({ n }) => n)).toEqual([2, 2, 2]);
  });

  it('an empty account can be empty for long; a message refused twice is of the payee, and a person’s', async () => {
    const empty = await town({ people: 1, faults: [{ ...NO_FUNDS, until_call: 2 }] });
    await pay(empty.office);
    await pay(empty.office);
    await pay(empty.office);
    expect(await counts(empty)).toEqual({ accepted: 1 });
    const malformed = await town({ people: 1, faults: [{ fault: 'error_text', value: '400xx01 Field' }] });
    await pay(malformed.office);
    await pay(malformed.office);
    expect((await prepareRunOf(malformed.office, 'ayu')).json).toMatchObject({ count: 0 });
  });

  it('what it refused a payee for stays refused until the account is corrected', async () => {
    const here = await town({ people: 1, faults: [{ fault: 'error_text', value: '403xx18 Inactive' }] });
    await pay(here.office);
    expect((await prepareRunOf(await here.officeAt(MORNING), 'ayu')).json).toMatchObject({ count: 0 });
  });

  it('401 with a fresh token too: the run stops, and the answered orders stay unknown', async () => {
    const here = await town({ people: 20, faults: [{ fault: 'error_text', value: '401xx00 Unauthorized' }] });
    const said = await submitRun(here.office, await releasedRun(here.office));
    expect(said).toMatchObject({ exitCode: 3, json: { state: 'stopped', sent: 8 } });
    expect(said.lines.join(' ')).toMatch(/credentials.*4011800.*8 are unknown.*payout resolve/s);
    expect(await counts(here)).toEqual({ 'unknown 4011800': 8, released: 12 });
    expect(here.bankLog().length).toBe(24);
  });

  it('one 401 is a token that ended: the run goes on', async () => {
    const here = await town({
      people: 3,
      faults: [{ fault: 'error_text', value: '401xx01 Token', from_call: 2, until_call: 2 }],
    });
    await pay(here.office);
    expect(await counts(here)).toEqual({ accepted: 3 });
    expect(await runState(here)).toBe('done');
  });
});
