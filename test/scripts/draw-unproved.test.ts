import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cancel, open, show } from '../../scripts/batch.ts';
import { type CloseOptions, close } from '../../scripts/batch-close.ts';
import { decree } from '../../scripts/batch-decree.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { verify } from '../../scripts/batch-verify.ts';
import type { Report } from '../../scripts/command.ts';
import { BEACON, closedBatch, type Hall, hall, NOON } from '../helpers/batch.ts';
import { quicknet42 } from '../helpers/rounds.ts';

/** Round 42 of quicknet came at 2023-08-23T15:11:30Z, and the machine's clock knows that. */
const ROUND = 'drand-quicknet:42';
const BEFORE = '2023-08-23T15:11:29Z';
/** Of the twenty-ninth century. */
const TO_COME = 'drand-quicknet:9000000000';
const NOT_PROVED = expect.stringContaining('The value of drand-quicknet:42 is not proved');

const inProduction = (here: Hall, now: string, command: () => Promise<Report>) =>
  here.at(now, () => {
    process.env.NODE_ENV = 'production';
    return command();
  });
const closeAt = (beacon: string, options: CloseOptions = {}) => close('1', { beacon, ...options });
const drawn = (beaconValue: string) => () => draw('1', { beaconValue });
const set = () => decree('1', { number: 'SK-1', by: 'ayu' });
const confirmed = () => decree('1', { confirm: true, by: 'budi' });

async function opened(): Promise<Hall> {
  const here = await hall(3);
  await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,1') }));
  await here.join(1, 1, 3);
  return here;
}

async function closedOn(beacon: string): Promise<{ here: Hall; dir: string }> {
  const here = await opened();
  await here.at(NOON, () => closeAt(beacon));
  return { here, dir: join(here.dir, 'draws', '1') };
}

describe('in production a value of drand that is taken as given', () => {
  it('is refused before its round has come, and when it is none', async () => {
    const early = await closedOn(TO_COME);
    const files = readdirSync(early.dir);
    await expect(inProduction(early.here, NOON, drawn(BEACON))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^drand-quicknet:9000000000 comes at 28\d\d-.*: draw again then$/),
    });
    expect(readdirSync(early.dir)).toEqual(files);
    const { here } = await closedOn(ROUND);
    for (const value of ['ab', `${BEACON}ab`])
      await expect(inProduction(here, NOON, drawn(value))).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining('must be the 64 hex digits'),
      });
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ state: 'closed' });
  });

  it('is drawn with, and its decree confirmed only with what proves it', async () => {
    const { here, dir } = await closedOn(ROUND);
    expect((await inProduction(here, BEFORE, drawn(quicknet42.randomness))).lines).toContainEqual(NOT_PROVED);
    expect((await inProduction(here, NOON, set)).lines).toContainEqual(NOT_PROVED);
    await expect(inProduction(here, NOON, confirmed)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^the decree of batch 1 is not confirmed\. .*--beacon-url .*--beacon-file/),
    });
    const beaconFile = here.file('round.json', JSON.stringify(quicknet42));
    await inProduction(here, NOON, () => draw('1', { beaconFile }));
    expect(await inProduction(here, NOON, confirmed)).toMatchObject({ json: { participants: 1 } });
    expect(await verify(dir, { key: join(dir, 'office.pub') })).toMatchObject({ exitCode: 0, json: { notes: [] } });
  });

  it('of another source is as before', async () => {
    const { here } = await closedOn('manual:1');
    await inProduction(here, NOON, drawn('ab'));
    await inProduction(here, NOON, set);
    expect(await inProduction(here, NOON, confirmed)).toMatchObject({ json: { participants: 1 } });
  });
});

describe('elsewhere a value of drand that is taken as given', () => {
  it('is drawn with, decreed and confirmed, and every step says so', async () => {
    const { here, dir } = await closedOn(TO_COME);
    const sentence = expect.stringContaining(`The value of ${TO_COME} is not proved`);
    for (const step of [drawn(BEACON), drawn(BEACON), set, confirmed])
      expect((await here.at(NOON, step)).lines).toContainEqual(sentence);
    expect((await verify(dir)).lines).toContainEqual(expect.stringContaining(`the value of ${TO_COME} is not proved`));
  });
});

describe('in production PRAKERJA_NOW', () => {
  it('makes no round that is out one still to come', async () => {
    const here = await opened();
    await expect(inProduction(here, BEFORE, () => closeAt(ROUND))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(`${ROUND} was published at`),
    });
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ state: 'open' });
    await inProduction(here, BEFORE, () => closeAt('manual:1'));
    const again = { again: true, by: 'ayu', note: 'x' };
    await expect(inProduction(here, BEFORE, () => closeAt(ROUND, again))).rejects.toMatchObject({ exitCode: 2 });
    await here.at(BEFORE, () => closeAt(ROUND, again));
    await expect(inProduction(here, BEFORE, () => closeAt('manual:2', again))).rejects.toThrow(
      'there is no choosing again',
    );
  });
});

describe('a batch that was drawn', () => {
  it('is cancelled by somebody who says why', async () => {
    const here = await hall(3);
    await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 3]);
    await here.at(NOON, drawn(BEACON));
    for (const options of [{}, { by: 'ayu' }, { note: 'the quota was wrong' }, { by: 'ayu', note: ' ' }])
      await expect(here.at(NOON, () => cancel('1', options))).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(/was drawn: .*--by WHO --note WHY/),
      });
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ state: 'drawn' });
    await here.at(NOON, () => cancel('1', { by: 'ayu', note: 'the quota was wrong' }));
    const { rows } = await here.database.pool.query(`select who, note from audit where action = 'batch cancel'`);
    expect(rows).toEqual([{ who: 'ayu', note: 'the quota was wrong' }]);
  });

  it('counts as drawn from its seed on; an open or a closed one is cancelled as before', async () => {
    const here = await hall(3);
    const policy = here.policy({});
    await closedBatch(here, 1, policy, here.quota('32,1'), [1, 3]);
    await here.at(NOON, drawn(BEACON));
    await here.database.pool.query(`delete from selections; update batches set state = 'closed', drawn_at = null`);
    await expect(here.at(NOON, () => cancel('1'))).rejects.toMatchObject({ exitCode: 2 });
    await here.at(NOON, () => open('2', { policy, quota: here.quota('32,1') }));
    await here.at(NOON, () => cancel('2'));
    await closedBatch(here, 3, policy, here.quota('32,1'), [1, 3]);
    await here.at(NOON, () => cancel('3'));
    expect((await here.at(NOON, () => show('3'))).json).toMatchObject({ state: 'cancelled' });
  });
});
