import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { open, show } from '../../scripts/batch.ts';
import { close, closeBatch } from '../../scripts/batch-close.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { verify } from '../../scripts/batch-verify.ts';
import type { BeaconOptions } from '../../scripts/draw-beacon.ts';
import { BEACON, type Hall, hall, NOON } from '../helpers/batch.ts';
import { testOffice } from '../helpers/office.ts';
import { default5347804, quicknet42 } from '../helpers/rounds.ts';

const QUICKNET = '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971';
/** Round 42 of quicknet comes at 2023-08-23T15:11:30Z. */
const BEFORE = '2023-08-23T15:11:29Z';
const AFTER = '2023-08-23T15:11:31Z';

interface Closed {
  readonly here: Hall;
  readonly dir: string;
  draw(options: BeaconOptions, at?: string): ReturnType<typeof draw>;
}

/** Three people for two places, closed on a beacon. */
async function closedOn(beacon: string): Promise<Closed> {
  const here = await joined();
  await here.at(NOON, () => close('1', { beacon }));
  return {
    here,
    dir: join(here.dir, 'draws', '1'),
    draw: (options, at = AFTER) => here.at(at, () => draw('1', options)),
  };
}

async function joined(): Promise<Hall> {
  const here = await hall(3);
  await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,2') }));
  await here.join(1, 1, 3);
  return here;
}

describe('batch close', () => {
  it('refuses a drand round that is out, and one that is none, and stays open', async () => {
    const here = await joined();
    await expect(here.at(NOON, () => close('1', { beacon: 'drand:77' }))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(
        /^drand:77 was published at 2020-07-22T15:55:30.000Z.*such as drand:\d+, at 2020-09-15T06:00:30/,
      ),
    });
    for (const beacon of ['drand:soon', 'Drand:99999999'])
      await expect(here.at(NOON, () => close('1', { beacon }))).rejects.toMatchObject({ exitCode: 2 });
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ state: 'open', dir: null });
    const closed = await here.at('2020-07-22T15:17:29Z', () => close('1', { beacon: 'drand:1' }));
    expect(closed.lines.at(-1)).toContain('before drand:1 comes, at 2020-07-22T15:17:30.000Z');
  });

  it('refuses it for a further commitment too', async () => {
    const { here } = await closedOn('manual:1');
    const again = { again: true, by: 'ayu', note: 'the source is gone', beacon: 'drand:77' };
    await expect(here.at(NOON, () => close('1', again))).rejects.toMatchObject({ exitCode: 2 });
    expect(existsSync(join(here.dir, 'draws', '1-2'))).toBe(false);
  });

  it('commits to nothing when the round came out meanwhile; another round goes on from there', async () => {
    const here = await joined();
    const office = await testOffice(here.database, 'redis', { PRAKERJA_DATA: here.dir }, onTestFinished);
    const moments = [new Date(BEFORE)];
    const now = () => moments.shift() ?? new Date(AFTER);
    const late = closeBatch({ ...office, config: { ...office.config, now } }, 1, 'drand-quicknet:42', undefined);
    await expect(late).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('frozen, but nothing is committed to: drand-quicknet:42 was published at'),
    });
    expect(existsSync(join(here.dir, 'draws', '1', 'commitment.json'))).toBe(false);
    expect((await here.at(AFTER, () => close('1', { beacon: 'drand-quicknet:4242' }))).json).toMatchObject({
      state: 'closed',
      eligible: 3,
    });
  });
});

describe('batch draw', () => {
  it('wants exactly one of value, file and URL, and says when the round comes', async () => {
    const { here, dir, draw: drawn } = await closedOn('drand-quicknet:42');
    const files = readdirSync(dir);
    for (const options of [{}, { beaconValue: BEACON, beaconFile: here.file('b.json', '{}') }])
      await expect(drawn(options, BEFORE)).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(/exactly one of --beacon-url .*drand-quicknet:42 comes at 2023-08-23T15:11:30/),
      });
    await expect(drawn({})).rejects.toThrow('drand-quicknet:42 came at');
    expect(readdirSync(dir)).toEqual(files);
  });

  it('a value as given is not checked, and says so', async () => {
    const { dir, draw: drawn } = await closedOn('drand-quicknet:42');
    expect((await drawn({ beaconValue: BEACON })).lines.join()).toContain('drand-quicknet:42 is not proved');
    expect((await verify(dir)).json).toMatchObject({
      ok: true,
      notes: [expect.stringContaining('drand-quicknet:42 is not proved')],
    });
  });

  it('a value as given can be proved later, and the list is signed again', async () => {
    const { here, dir, draw: drawn } = await closedOn('drand-quicknet:42');
    await drawn({ beaconValue: quicknet42.randomness });
    const result = readFileSync(join(dir, 'result.csv'));
    expect((await drawn({ beaconValue: quicknet42.randomness })).json).toMatchObject({ unchanged: true });
    const beaconFile = here.file('round.json', JSON.stringify(quicknet42));
    expect((await drawn({ beaconFile })).lines.join()).toContain('what proves it is now published');
    expect((await drawn({ beaconFile })).json).toMatchObject({ unchanged: true });
    expect(await verify(dir, { key: join(dir, 'office.pub') })).toMatchObject({ exitCode: 0, json: { notes: [] } });
    expect(readFileSync(join(dir, 'result.csv'))).toEqual(result);
  });

  it('a beacon.json in DIR that proves nothing is named', async () => {
    const { dir, draw: drawn } = await closedOn('drand-quicknet:42');
    writeFileSync(join(dir, 'beacon.json'), '{}');
    await expect(drawn({ beaconValue: BEACON })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('beacon.json does not prove drand-quicknet:42: round is missing'),
    });
  });

  it.each([
    ['drand-quicknet:42', quicknet42],
    ['drand:5347804', default5347804],
  ])('a file with %s is checked, published and verified', async (beacon, round) => {
    const { here, dir, draw: drawn } = await closedOn(beacon);
    const beaconFile = here.file('round.json', `${JSON.stringify(round, null, 2)}\n`);
    const report = await drawn({ beaconFile });
    expect(report.lines.join()).not.toContain('not checked');
    expect(readFileSync(join(dir, 'beacon.json'))).toEqual(readFileSync(beaconFile));
    expect(JSON.parse(readFileSync(join(dir, 'seed.json'), 'utf8'))).toMatchObject({ beacon_value: round.randomness });
    expect((await verify(dir)).json).toMatchObject({
      ok: true,
      checked: expect.arrayContaining([
        `beacon.json is ${beacon}, signed by its network, and has the value that was drawn with`,
      ]),
      notes: [],
    });
    const before = readdirSync(dir);
    expect(await drawn({ beaconFile })).toMatchObject({ exitCode: 0, json: { unchanged: true } });
    expect(await drawn({ beaconValue: round.randomness })).toMatchObject({ exitCode: 0, json: { unchanged: true } });
    await expect(drawn({ beaconValue: BEACON })).rejects.toMatchObject({ exitCode: 2 });
    expect(readdirSync(dir)).toEqual(before);
  });

  it('a file that contradicts writes nothing', async () => {
    const { here, dir, draw: drawn } = await closedOn('drand-quicknet:43');
    const files = readdirSync(dir);
    const beaconFile = here.file('round.json', JSON.stringify(quicknet42));
    await expect(drawn({ beaconFile })).rejects.toMatchObject({
      exitCode: 2,
      message: `${beaconFile} does not prove drand-quicknet:43: is round 42 of drand-quicknet, committed to was 43`,
    });
    await expect(drawn({ beaconFile: join(here.dir, 'nowhere') })).rejects.toMatchObject({ exitCode: 2 });
    expect(readdirSync(dir)).toEqual(files);
  });

  it('of another source the value is the SHA-256 of its minutes', async () => {
    const { here, dir, draw: drawn } = await closedOn('dice:4');
    const minutes = 'Dice thrown before the notary: 4 2 6 6 1\n';
    await expect(drawn({})).rejects.toThrow('exactly one of --beacon-file');
    await drawn({ beaconFile: here.file('minutes.txt', minutes) });
    const beacon_value = createHash('sha256').update(minutes).digest('hex');
    expect(JSON.parse(readFileSync(join(dir, 'seed.json'), 'utf8'))).toMatchObject({ beacon_value });
    expect(await verify(dir)).toMatchObject({ exitCode: 0 });
    writeFileSync(join(dir, 'beacon.txt'), 'Dice thrown before the notary: 4 2 6 6 2\n');
    expect(await verify(dir)).toMatchObject({
      exitCode: 1,
      json: { difference: expect.stringContaining('seed.json line 1') },
    });
  });

  it('interrupted after beacon.json: finished by the same value, and no other', async () => {
    const { dir, draw: drawn } = await closedOn('drand-quicknet:42');
    writeFileSync(join(dir, 'beacon.json'), JSON.stringify(quicknet42));
    await expect(drawn({ beaconValue: BEACON })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('beacon.json is there with another value'),
    });
    expect(existsSync(join(dir, 'seed.json'))).toBe(false);
    expect((await drawn({ beaconValue: quicknet42.randomness })).lines.join()).not.toContain('not checked');
  });

  it('interrupted after seed.json: a proof of another value is not published', async () => {
    const { here, dir, draw: drawn } = await closedOn('drand-quicknet:42');
    await drawn({ beaconValue: BEACON });
    await here.database.pool.query('delete from selections');
    await here.database.pool.query(`update batches set state = 'closed', drawn_at = null`);
    const beaconFile = here.file('round.json', JSON.stringify(quicknet42));
    await expect(drawn({ beaconFile })).rejects.toMatchObject({ exitCode: 2 });
    expect(existsSync(join(dir, 'beacon.json'))).toBe(false);
  });
});

describe('batch draw --beacon-url', () => {
  afterEach(() => vi.restoreAllMocks());

  /** An API of drand on a socket of its own. */
  async function api(answer: (path: string) => [number, string]) {
    const asked: string[] = [];
    const server = createServer(({ url = '' }, response) => {
      asked.push(url);
      const [status, body] = answer(url);
      response.writeHead(status).end(body);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void server.close());
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  it('asks for the committed round of the committed network, checks and publishes it', async () => {
    const { url, asked } = await api(() => [200, JSON.stringify(quicknet42)]);
    const { dir, draw: drawn } = await closedOn('drand-quicknet:42');
    expect(await drawn({ beaconUrl: `${url}/` })).toMatchObject({ exitCode: 0, json: { selected: 2 } });
    expect(await drawn({ beaconUrl: `${url}/${QUICKNET}` })).toMatchObject({ json: { unchanged: true } });
    expect(asked).toEqual(Array(2).fill(`/${QUICKNET}/public/42`));
    expect(readFileSync(join(dir, 'beacon.json'), 'utf8')).toBe(JSON.stringify(quicknet42));
    expect(await verify(dir)).toMatchObject({ exitCode: 0, json: { notes: [] } });
  });

  it('a round that is not there yet: exit 1, saying when it comes', async () => {
    const { url } = await api(() => [404, '']);
    const { draw: drawn } = await closedOn('drand-quicknet:42');
    await expect(drawn({ beaconUrl: url }, BEFORE)).rejects.toMatchObject({
      exitCode: 1,
      message:
        'drand-quicknet:42 is not there yet (it answers 404): it comes at 2023-08-23T15:11:30.000Z; draw again then',
    });
    await expect(drawn({ beaconUrl: url })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('try another API of drand'),
    });
  });

  it.each<[string, string, number, string]>([
    ['another round', JSON.stringify({ ...quicknet42, round: 43 }), 2, 'is round 43 of drand-quicknet'],
    ['a forged one', JSON.stringify({ ...quicknet42, randomness: '00'.repeat(32) }), 2, 'SHA-256 of the signature'],
    ['a page', '<html>', 2, 'is not JSON'],
    ['far too much', ' '.repeat(100_000), 1, 'it sends too much'],
  ])('%s is not drawn with', async (_, body, exitCode, message) => {
    const { url } = await api(() => [200, body]);
    const { dir, draw: drawn } = await closedOn('drand-quicknet:42');
    const files = readdirSync(dir);
    await expect(drawn({ beaconUrl: url })).rejects.toMatchObject({
      exitCode,
      message: expect.stringContaining(message),
    });
    expect(readdirSync(dir)).toEqual(files);
  });

  it('waits 30 s at most', async () => {
    const { url } = await api(() => [200, JSON.stringify(quicknet42)]);
    const { draw: drawn } = await closedOn('drand-quicknet:42');
    const over = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    const limit = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort(over));
    await expect(drawn({ beaconUrl: url })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('timeout'),
    });
    expect(limit).toHaveBeenCalledWith(30_000);
  });

  it('is for drand, and for an address that is one', async () => {
    const dice = await closedOn('dice:4');
    await expect(dice.draw({ beaconUrl: 'http://127.0.0.1:1' })).rejects.toMatchObject({ exitCode: 2 });
    const { draw: drawn } = await closedOn('drand-quicknet:42');
    await expect(drawn({ beaconUrl: 'file:///etc/hostname' })).rejects.toMatchObject({ exitCode: 2 });
    await expect(drawn({ beaconUrl: 'http://127.0.0.1:1' })).rejects.toMatchObject({ exitCode: 1 });
  });
});
