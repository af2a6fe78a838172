import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { defaultClient, quicknetClient } from 'drand-client';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  beaconFileName,
  beaconToCome,
  checkBeacon,
  drandRound,
  refusePublished,
  roundTime,
} from '../../../workers/assignment/rules.ts';
import { corpus } from '../../helpers/corpora.ts';
import { default5347804, quicknet42 } from '../../helpers/rounds.ts';

const VECTORS = corpus('lottery/drand_vectors.json');
const bytes = (json: unknown) => Buffer.from(JSON.stringify(json));

const networks = ['drand', 'drand-quicknet'] as const;
const chainOf = (source: string) =>
  drandRound(`${source}:1`)?.chain as NonNullable<ReturnType<typeof drandRound>>['chain'];

describe('the networks of drand', () => {
  it.each(networks)('%s: the hash vouches for key, period, genesis and scheme of the chain', (source) => {
    const { hash, public_key, period, genesis_time, groupHash, metadata } = chainOf(source);
    const head = Buffer.alloc(12);
    head.writeUInt32BE(period);
    head.writeBigUInt64BE(BigInt(genesis_time), 4);
    const named = metadata.beaconID === 'default' ? '' : metadata.beaconID;
    const parts = [head, Buffer.from(public_key, 'hex'), Buffer.from(groupHash, 'hex'), Buffer.from(named)];
    expect(createHash('sha256').update(Buffer.concat(parts)).digest('hex')).toBe(hash);
  });

  it('are the ones drand-client asks', () => {
    for (const [source, client] of [
      ['drand', defaultClient()],
      ['drand-quicknet', quicknetClient()],
    ] as const) {
      const { hash: chainHash, public_key: publicKey } = chainOf(source);
      expect(client.options.chainVerificationParams).toEqual({ chainHash, publicKey });
    }
  });

  it.each([
    ['drand:1', '2020-07-22T15:17:30.000Z'],
    ['drand:2', '2020-07-22T15:18:00.000Z'],
    ['drand-quicknet:1', '2023-08-23T15:09:27.000Z'],
    ['drand-quicknet:1001', '2023-08-23T15:59:27.000Z'],
  ])('%s comes at %s', (beacon, at) => expect(roundTime(beacon)?.toISOString()).toBe(at));

  it('other sources have no time', () => expect(roundTime('manual:4')).toBeUndefined());

  it.each([
    'drand:0',
    'drand:-1',
    'drand:1.5',
    'drand:01',
    'drand:abc',
    'drand:',
    'drand:123456789012',
    'Drand:7',
    'drand-testnet:7',
  ])('refuses %s', (beacon) => {
    expect(() => roundTime(beacon)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('a round to come', () => {
  const genesis = new Date('2020-07-22T15:17:30Z');
  it('is refused from the moment it is published, naming one with an hour of lead', () => {
    expect(() => refusePublished('drand:1', new Date(genesis.getTime() - 1))).not.toThrow();
    expect(() => refusePublished('drand:1', genesis)).toThrow(
      /drand:1 was published at 2020-07-22T15:17:30.000Z.* such as drand:122, at 2020-07-22T16:18:00.000Z/,
    );
    expect(() => refusePublished('manual:1', genesis)).not.toThrow();
  });

  it.each([
    ['drand', 'drand:1', '2020-01-01T00:00:00Z'],
    ['drand', 'drand:122', '2020-07-22T15:17:30Z'],
    ['drand', 'drand:122', '2020-07-22T15:17:59Z'],
    ['drand-quicknet', 'drand-quicknet:1202', '2023-08-23T15:09:27Z'],
    ['manual', 'manual:4', '2020-01-01T00:00:00Z'],
  ])('%s: %s is what to commit to at %s', (source, beacon, at) => {
    expect(beaconToCome(source, new Date(at), 4)).toBe(beacon);
  });
});

describe('checkBeacon', () => {
  let round1: Record<string, unknown>;
  beforeAll(() => {
    if (!existsSync(VECTORS)) console.warn(`round 1 of drand's vectors is not checked: ${VECTORS} is absent`);
    else round1 = (JSON.parse(readFileSync(VECTORS, 'utf8')) as { round1: Record<string, unknown> }).round1;
  });

  it("takes drand's own vector, and rounds of both networks", async () => {
    if (round1) expect(await checkBeacon('drand:1', bytes(round1))).toBe(round1.randomness);
    expect(await checkBeacon('drand:5347804', bytes(default5347804))).toBe(default5347804.randomness);
    expect(await checkBeacon('drand-quicknet:42', bytes(quicknet42))).toBe(quicknet42.randomness);
  });

  const flipped = (hex: string) => hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0');
  const sha = (hex: string) => createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex');
  const forged = (round: object & { signature: string }, signature: string) => ({
    ...round,
    signature,
    randomness: sha(signature),
  });
  it.each<[string, string, unknown, string]>([
    ['another round', 'drand-quicknet:43', quicknet42, 'is round 42 of drand-quicknet, committed to was 43'],
    ['its round renamed', 'drand-quicknet:43', { ...quicknet42, round: 43 }, 'is not that of drand-quicknet'],
    ['a chained round renamed', 'drand:7', { ...default5347804, round: 7 }, 'is not that of drand for round 7'],
    [
      'other randomness',
      'drand-quicknet:42',
      { ...quicknet42, randomness: '00'.repeat(32) },
      'SHA-256 of the signature',
    ],
    [
      'upper case',
      'drand-quicknet:42',
      { ...quicknet42, randomness: quicknet42.randomness.toUpperCase() },
      'randomness is missing or impossible',
    ],
    ['a forged signature', 'drand-quicknet:42', forged(quicknet42, flipped(quicknet42.signature)), 'is not that of'],
    [
      'a forged chained one',
      'drand:5347804',
      forged(default5347804, flipped(default5347804.signature)),
      'is not that of',
    ],
    [
      'another round before',
      'drand:5347804',
      { ...default5347804, previous_signature: flipped(default5347804.previous_signature) },
      'is not that of',
    ],
    [
      'no round before',
      'drand:5347804',
      { ...default5347804, previous_signature: undefined },
      'previous_signature is missing',
    ],
    [
      'a round of the other network',
      'drand-quicknet:5347804',
      default5347804,
      'previous_signature is missing or impossible',
    ],
    ['a string for the round', 'drand-quicknet:42', { ...quicknet42, round: '42' }, 'round is missing or impossible'],
    [
      'no signature',
      'drand-quicknet:42',
      { ...quicknet42, signature: undefined },
      'signature is missing or impossible',
    ],
    ['no object', 'drand-quicknet:42', null, 'round is missing'],
  ])('refuses %s', async (_, beacon, json, message) => {
    await expect(checkBeacon(beacon, bytes(json))).rejects.toThrow(message);
  });

  it('refuses what is no JSON', async () => {
    await expect(checkBeacon('drand:1', Buffer.from('<html>'))).rejects.toThrow('is not JSON');
  });

  it('for other sources the value is the SHA-256 of the file, which must say something', async () => {
    const minutes = Buffer.from('Dice: 4 2 6 6 1\n');
    expect(await checkBeacon('dice:4', minutes)).toBe(createHash('sha256').update(minutes).digest('hex'));
    await expect(checkBeacon('dice:4', Buffer.alloc(0))).rejects.toThrow('empty');
    expect([beaconFileName('dice:4'), beaconFileName('drand:4')]).toEqual(['beacon.txt', 'beacon.json']);
  });
});
