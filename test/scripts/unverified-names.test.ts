import { expect, it } from 'vitest';
import { decree } from '../../scripts/batch-decree.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { verify } from '../../scripts/batch-verify.ts';
import { BEACON, closedBatch, hall, linesOf, NOON } from '../helpers/batch.ts';
import { runCommand } from '../helpers/commands.ts';
import { testDatabase } from '../helpers/database.ts';
import { officeEnvironment, temporaryDir } from '../helpers/office.ts';
import { operator } from '../helpers/operators.ts';

const database = await testDatabase();
const environment = officeEnvironment(database, 'redis', temporaryDir());
const prakerja = (words: string, more = {}) => runCommand(words.split(' '), { ...environment, ...more });
const FUND = 'payout fund --amount 5 --by ayu --reference';
const SENTENCE = 'was not verified: there is no operator yet (prakerja operator add).';

it('whoever acts before there is an operator is told that the name was not verified, and nobody afterwards', async () => {
  expect((await prakerja(`${FUND} A`)).stdout).toContain(`\nThe name ayu ${SENTENCE}\n`);
  const inJson = await prakerja(`${FUND} B --json`);
  expect(JSON.parse(inJson.stdout)).toMatchObject({ treasury_idr: '10', verified: false });
  expect((await prakerja('payout status')).stdout).not.toContain(SENTENCE);
  const restored = 'db restored --note lost --taken-at 2020-09-15T11:00:00+07:00';
  expect((await prakerja(`${restored} --by cita`)).stdout).toContain(`The name cita ${SENTENCE}`);
  expect((await prakerja(restored)).stdout).not.toContain(SENTENCE);
  const added = await prakerja('operator add ayu --role admin,finance --by ayu --json');
  const { token } = JSON.parse(added.stdout) as { token: string };
  const after = await prakerja(`${FUND} C --json`, { PRAKERJA_TOKEN: token });
  expect(JSON.parse(after.stdout)).toMatchObject({ treasury_idr: '15', verified: true });
  expect((await prakerja(`${FUND} D`, { PRAKERJA_TOKEN: token })).stdout).not.toContain('verified');
}, 180_000);

it('a decree says whether the name of who set it was verified, and is verified either way', async () => {
  const here = await hall(2);
  const dir = await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 2]);
  await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
  const setBy = async (by: string) => {
    await here.at(NOON, () => {
      process.env.PRAKERJA_TOKEN = 'pkj_ayu';
      return decree('1', { number: 'SK-1', by });
    });
    expect(await here.at(NOON, () => verify(dir))).toMatchObject({ exitCode: 0 });
    return JSON.parse(linesOf(dir, 'decree.json')[0] ?? '').set_by;
  };
  expect(await setBy('a'.repeat(100))).toBe(`${'a'.repeat(100)} (belum diverifikasi, not verified)`);
  await operator(here.database, 'ayu', 'operations');
  expect(await setBy('ayu')).toBe('ayu');
});
