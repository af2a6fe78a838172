import { expect, it } from 'vitest';
import { storePolicy } from '../../db/run.ts';
import { builtinPolicy } from '../../jobs/policy.ts';
import { prepareRunOf, releaseIt, stopIt } from '../../scripts/payout.ts';
import { noOperator, operator } from '../helpers/operators.ts';
import { town } from '../helpers/payout.ts';

it('a run that was prepared under any name is released by no operator: who releases may have prepared it', async () => {
  const here = await town({ people: 1 });
  await prepareRunOf(here.office, 'Ayu Lestari');
  await operator(here.database, 'ayu.lestari', 'approver');
  await expect(releaseIt(here.office, '1', 'ayu.lestari')).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('prepared under a name that was not verified'),
  });
  await stopIt(here.office, '1');
  await operator(here.database, 'budi', 'finance');
  await prepareRunOf(here.office, 'budi');
  expect(await releaseIt(here.office, '2', 'ayu.lestari')).toMatchObject({ verified: true });
});

it('whoever was removed since does not count among those who agreed, and agrees no more', async () => {
  const here = await town({ people: 1 });
  const release_bands = [{ over_idr: 100_000, approvers: 2 }];
  const policyId = await storePolicy(here.database.db, {
    ...builtinPolicy,
    payout: { ...builtinPolicy.payout, release_bands },
  });
  await here.database.pool.query('update batches set policy_id = $1', [policyId]);
  for (const [name, role] of [
    ['ayu', 'finance'],
    ['budi', 'approver'],
    ['cita', 'approver'],
    ['dewi', 'approver'],
    ['eko', 'admin'],
  ] as const)
    await operator(here.database, name, role);
  await prepareRunOf(here.office, 'ayu');
  expect(await releaseIt(here.office, '1', 'budi')).toMatchObject({ approvals: 1, needed: 2 });
  await noOperator(here.database, 'budi');
  expect(await releaseIt(here.office, '1', 'cita')).toMatchObject({ approvals: 1, needed: 2 });
  await expect(releaseIt(here.office, '1', 'budi')).rejects.toThrow('budi is no operator any more');
  expect(await releaseIt(here.office, '1', 'dewi')).toMatchObject({ approvals: 2, verified: true });
  expect(await here.states()).toEqual({ R1: 'released' });
});
