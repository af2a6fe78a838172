import { describe, expect, it } from 'vitest';
import { openBatch } from '../../../db/batch.ts';
import { trialBalance } from '../../../db/ledger.ts';
import { storePolicy } from '../../../db/run.ts';
import { builtinPolicy, type Policy } from '../../../jobs/policy.ts';
import { diagnose } from '../../../scripts/doctor.ts';
import { prepareRunOf, releaseIt, stopIt, submitRun } from '../../../scripts/payout.ts';
import { fundTreasury } from '../../../scripts/payout-fund.ts';
import { type Town, town } from '../../helpers/payout.ts';

/** Three people's first incentive, prepared by ayu, under a policy with bands. */
async function prepared(bands?: Policy['payout']['release_bands']): Promise<Town> {
  const here = await town({ people: 3 });
  if (bands) {
    const policyId = await storePolicy(here.database.db, {
      ...builtinPolicy,
      payout: { ...builtinPolicy.payout, release_bands: bands },
    });
    await here.database.pool.query('update batches set policy_id = $1', [policyId]);
  }
  await prepareRunOf(here.office, 'ayu');
  return here;
}

const money = async (here: Town) => {
  const { lines } = await diagnose(here.office);
  return lines.find((line) => line.includes('money'));
};

describe('releasing a run', () => {
  it('holds its money, and gives back what is not sent', async () => {
    const here = await prepared();
    expect(await releaseIt(here.office, '1', 'budi')).toEqual({
      count: 3,
      totalIdr: '1800000',
      approvals: 1,
      needed: 1,
      funded: null,
      asOf: '2020-09-15',
      verified: false,
    });
    expect(await trialBalance(here.database.db)).toEqual({ programme: '1800000', treasury: '-1800000' });
    expect(await money(here)).toMatch(/^ok/);
    await stopIt(here.office, '1');
    expect(await trialBalance(here.database.db)).toEqual({ programme: '0', treasury: '0' });
    expect(await money(here)).toMatch(/^ok/);
  });

  it('gives back the money of one who is held just before paying', async () => {
    const here = await prepared();
    await releaseIt(here.office, '1', 'budi');
    await here.database.pool.query(`
      update participants set state = 'revoked', revoked_at = now() where nik = (select min(nik) from participants)`);
    await submitRun(here.office, '1');
    expect(await trialBalance(here.database.db)).toEqual({
      in_flight: '1200000',
      programme: '0',
      treasury: '-1200000',
    });
    expect(await money(here)).toMatch(/^ok/);
  });

  it('a large one needs as many people as the policy says, none of them twice, none who prepared it', async () => {
    const here = await prepared([
      { over_idr: 1_000_000, approvers: 2 },
      { over_idr: 1_800_000, approvers: 3 },
    ]);
    expect(await releaseIt(here.office, '1', 'budi')).toMatchObject({ approvals: 1, needed: 2 });
    await expect(submitRun(here.office, '1')).rejects.toThrow('payout run 1 is prepared');
    await expect(releaseIt(here.office, '1', 'budi')).rejects.toThrow('budi has agreed to run 1 already');
    await expect(releaseIt(here.office, '1', 'ayu')).rejects.toThrow('ayu prepared run 1');
    expect(await trialBalance(here.database.db)).toEqual({});
    expect(await releaseIt(here.office, '1', 'cita')).toMatchObject({ approvals: 2, needed: 2 });
    await submitRun(here.office, '1');
    expect(await here.states()).toEqual({ R1: 'accepted', R2: 'accepted', R3: 'accepted' });
  });

  it('goes by the policies of the people in it, whatever batch is opened meanwhile', async () => {
    const here = await prepared([{ over_idr: 1_000_000, approvers: 2 }]);
    const { db } = here.database;
    await db.transaction().execute(async (tx) => {
      const policyId = await storePolicy(tx, { ...builtinPolicy, name: 'one is enough' });
      const quota = new Map([['32', 1]]);
      await openBatch(tx, { batch: 2, policyId, quota, opens: null, closes: null, now: new Date() });
    });
    expect(await releaseIt(here.office, '1', 'budi')).toMatchObject({ approvals: 1, needed: 2 });
  });

  it('is refused when the state has paid in less, and goes on when it has paid in the rest', async () => {
    const here = await prepared();
    await fundTreasury(here.office, { amount: '1799999', reference: 'SP2D/1', by: 'ayu' });
    await expect(releaseIt(here.office, '1', 'budi')).rejects.toThrow(
      'needs Rp1.800.000 and the treasury holds Rp1.799.999',
    );
    await expect(fundTreasury(here.office, { amount: '5', reference: 'SP2D/1', by: 'ayu' })).rejects.toThrow(
      'was recorded before',
    );
    await fundTreasury(here.office, { amount: '1', reference: 'SP2D/2', by: 'ayu' });
    expect(await releaseIt(here.office, '1', 'budi')).toMatchObject({ funded: true });
    expect(await trialBalance(here.database.db)).toEqual({
      programme: '1800000',
      state_budget: '-1800000',
      treasury: '0',
    });
    expect(await trialBalance(here.database.db, new Date('2020-09-01T00:00:00Z'))).toEqual({});
  });
});
