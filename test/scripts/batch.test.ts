import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cancel, extend, open, show } from '../../scripts/batch.ts';
import { close } from '../../scripts/batch-close.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { verify } from '../../scripts/batch-verify.ts';
import { BEACON, type Hall, hall, linesOf, NOON, nik } from '../helpers/batch.ts';

const CLOSES = '2020-09-15T09:00:00+07:00';
/** Before it. */
const EVE = '2020-09-14T09:00:00+07:00';

/** A batch that is open for everybody, with 3 places in province 32. */
async function opened(people: number, changes?: Parameters<typeof hall>[1]): Promise<Hall> {
  const here = await hall(people, changes);
  await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,3') }));
  return here;
}

const poolOf = (here: Hall) => linesOf(join(here.dir, 'draws', '1'), 'pool.csv');

describe('batch open', () => {
  it('counts the places of its quota, and is opened once', async () => {
    const here = await hall(0);
    const policy = here.policy({});
    const made = await here.at(NOON, () => open('1', { policy, quota: here.quota('32,3', '33,4', '34,0', '32,5') }));
    expect(made.lines).toEqual(['Batch 1 is open: 9 places in 2 provinces, policy prakerja-2020.']);
    expect(made.json).toEqual({
      batch: 1,
      state: 'open',
      joined: 0,
      eligible: 0,
      quota: 9,
      selected: 0,
      participants: 0,
      dir: null,
      pool_min: 0,
      freed: [],
    });
    const again = here.at(NOON, () => open('1', { policy, quota: here.quota('32,7') }));
    await expect(again).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('batch 1 is there already (open)'),
    });
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ quota: 9 });
  });

  it.each<[string, { quota?: string; policy?: string; batch?: string; opens?: string; closes?: string }, string]>([
    [
      'a province that does not exist',
      { quota: 'province_code,quota\n32,1\n99,1\n' },
      'line 3: there is no province "99"',
    ],
    [
      'a quota that is no whole number',
      { quota: 'province_code,quota\n32,1.5\n' },
      'line 2: the quota must be a whole number',
    ],
    ['a negative quota', { quota: 'province_code,quota\n32,-1\n' }, 'line 2: the quota must be a whole number'],
    ['a quota without its column', { quota: 'province,quota\n32,1\n' }, 'needs the columns province_code and quota'],
    ['an empty quota', { quota: 'province_code,quota\n' }, 'the quota file has no line'],
    ['a ragged quota', { quota: 'province_code,quota\n32\n' }, 'the quota file is not CSV'],
    ['a policy that is no JSON', { policy: '{' }, 'the policy is not JSON'],
    ['a policy with a wrong share', { policy: '{"name":"x"}' }, 'the policy is wrong at'],
    ['a number that is none', { batch: '0' }, '"0" is not a batch number'],
    ['a time without offset', { closes: '2020-09-15T09:00:00' }, '--closes must be an ISO time with an offset'],
    ['closing before opening', { opens: CLOSES, closes: CLOSES }, '--opens must be before --closes'],
  ])('%s is exit 2, and there is no batch', async (_, wrong, message) => {
    const here = await hall(0);
    const quota = here.file('q.csv', wrong.quota ?? 'province_code,quota\n32,1\n');
    const policy = wrong.policy === undefined ? here.policy({}) : here.file('p.json', wrong.policy);
    const { batch = '1', policy: _policy, quota: _quota, ...times } = wrong;
    const failed = here.at(NOON, () => open(batch, { policy, quota, ...times }));
    await expect(failed).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
    expect((await here.database.pool.query('select 1 from batches')).rows).toEqual([]);
  });

  it('extends to later only, and only while it is open', async () => {
    const here = await hall(0);
    await here.at(EVE, () => open('1', { policy: here.policy({}), quota: here.quota('32,1'), closes: CLOSES }));
    await expect(here.at(EVE, () => extend('1', { closes: CLOSES }))).rejects.toThrow('extending means later');
    await here.at(NOON, () => extend('1', { closes: '2020-09-16T09:00:00+07:00' }));
    await here.at(NOON, () => cancel('1'));
    const late = here.at(NOON, () => extend('1', { closes: '2020-09-17T09:00:00+07:00' }));
    await expect(late).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('batch 1 is cancelled') });
    await expect(here.at(NOON, () => show('2'))).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('batch close', () => {
  it('counts who joined until it closes, once, and is eligible by the lists of that day', async () => {
    const here = await hall(7, (n) => (n === 7 ? { nik: nik(6) } : {}));
    await here.at(EVE, () => open('1', { policy: here.policy({}), quota: here.quota('32,3'), closes: CLOSES }));
    await here.join(1, 1, 1, '2020-09-15T08:59:59+07:00');
    await here.join(1, 2, 2, CLOSES);
    await here.join(1, 3, 3, '2020-09-15T09:00:01+07:00');
    await here.join(1, 4, 7);
    await here.load(
      'exclusions',
      'list,nik,valid_from,valid_to,source',
      `asn,${nik(4)},2020-09-15,,BKN`,
      `asn,${nik(5)},2020-01-01,2020-09-14,BKN`,
    );
    await here.load(
      'whitelist',
      'nik,source,added_at',
      `${nik(1)},KEMNAKER,${CLOSES}`,
      `${nik(2)},KEMNAKER,2020-09-15T09:00:01+07:00`,
    );
    const closed = await here.at(NOON, () => close('1', {}));
    expect(closed.json).toMatchObject({ state: 'closed', joined: 6, eligible: 4, quota: 3, waiting: {} });
    expect(poolOf(here)).toEqual(['R1,32,whitelist,,,', 'R2,32,public,,,', 'R5,32,public,,,', 'R6,32,public,,,']);
    expect(await verify(join(here.dir, 'draws', '1'))).toMatchObject({ exitCode: 0, json: { ok: true, drawn: false } });
    await expect(here.at(NOON, () => close('1', {}))).rejects.toMatchObject({ exitCode: 2 });
    const { quarantined } = await here.load(
      'joins',
      'batch,registration_id,joined_at',
      '1,R3,2020-09-14T10:00:00+07:00',
    );
    expect(quarantined).toBe(1);
  });

  it('at the moment of closing when that is earlier', async () => {
    const here = await opened(2);
    await here.join(1, 1, 1, NOON);
    await here.join(1, 2, 2, '2020-09-15T12:00:01+07:00');
    await here.at(NOON, () => close('1', {}));
    expect(poolOf(here)).toEqual(['R1,32,public,,,']);
  });

  it('a person in a frozen pool is corrected no more, until the batch is cancelled', async () => {
    const here = await opened(1);
    await here.join(1, 1, 1);
    await here.at(NOON, () => close('1', {}));
    const correct = () => here.load('corrections', 'registration_id,field,value,at', `R1,full_name,Sri,${NOON}`);
    expect(await correct()).toMatchObject({ imported: 0, quarantined: 1 });
    await here.at(NOON, () => cancel('1'));
    expect(await correct()).toMatchObject({ imported: 1, quarantined: 0 });
    await expect(here.at(NOON, () => draw('1', { beaconValue: BEACON }))).rejects.toMatchObject({ exitCode: 2 });
  });

  it('--again names the first commitment, and says who and why', async () => {
    const here = await opened(2);
    await here.join(1, 1, 2);
    const again = { again: true, by: 'ayu', note: 'the round was published late', beacon: 'drand:99999999' };
    await expect(here.at(NOON, () => close('1', again))).rejects.toMatchObject({ exitCode: 2 });
    await here.at(NOON, () => close('1', {}));
    await expect(here.at(NOON, () => close('1', { again: true, by: 'ayu' }))).rejects.toThrow('--note must say why');
    await expect(
      here.at(NOON, () => close('1', { ...again, dir: join(here.dir, 'draws', '1') })),
    ).rejects.toMatchObject({ exitCode: 2 });
    await here.at(NOON, () => close('1', again));
    const second = JSON.parse(readFileSync(join(here.dir, 'draws', '1-2', 'commitment.json'), 'utf8'));
    expect(second).toMatchObject({
      attempt: 2,
      beacon: 'drand:99999999',
      previous: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
    expect(await verify(join(here.dir, 'draws', '1-2'))).toMatchObject({ exitCode: 0, json: { drawn: true } });
    await expect(here.at(NOON, () => close('1', again))).rejects.toMatchObject({ exitCode: 2 });
    const { rows } = await here.database.pool.query(`select who, note from audit where action = 'batch close again'`);
    expect(rows).toEqual([{ who: 'ayu', note: again.note }]);
  });

  it('never over the files of a draw, and then the batch stays open', async () => {
    const here = await opened(1);
    await here.join(1, 1, 1);
    await here.at(NOON, () => close('1', {}));
    await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
    await here.at(NOON, () => open('2', { policy: here.policy({}), quota: here.quota('32,1') }));
    const over = here.at(NOON, () => close('2', { dir: join(here.dir, 'draws', '1') }));
    await expect(over).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('never overwritten') });
    expect((await here.at(NOON, () => show('2'))).json).toMatchObject({ state: 'open' });
    expect(await verify(join(here.dir, 'draws', '1'))).toMatchObject({ exitCode: 0 });
  });
});

describe('a closing that was interrupted', () => {
  it('after the pool was frozen goes on with the files', async () => {
    const here = await opened(3);
    await here.join(1, 1, 3);
    await here.at(NOON, () => close('1', {}));
    const whole = poolOf(here);
    await here.database.pool.query('update batches set dir = null, beacon = null, commitment_sha256 = null');
    rmSync(join(here.dir, 'draws'), { recursive: true });
    await here.join(1, 1, 3);
    expect((await here.at('2020-09-16T12:00:00+07:00', () => close('1', {}))).json).toMatchObject({
      state: 'closed',
      eligible: 3,
    });
    expect(poolOf(here)).toEqual(whole);
    await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
    expect(await verify(join(here.dir, 'draws', '1'))).toMatchObject({ exitCode: 0 });
  });

  it('while it held the chunk goes on when the lease is over, without a worker, and not before', async () => {
    const here = await opened(3);
    await here.join(1, 1, 3);
    await here.database.pool.query(`
      insert into chunks (run_id, stage, lo, hi, subject, state, token, attempt, worker, lease_until)
      select max(run_id), 'assignment', 0, 0, '1', 'running', 1, 1, 'gone', clock_timestamp() + interval '1 hour' from runs`);
    await expect(here.at(NOON, () => close('1', {}))).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('still open'),
    });
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ state: 'open', dir: null });
    await here.database.pool.query(
      `update chunks set lease_until = clock_timestamp() - interval '1 second' where state = 'running'`,
    );
    expect((await here.at(NOON, () => close('1', {}))).json).toMatchObject({ state: 'closed', eligible: 3 });
  });
});
