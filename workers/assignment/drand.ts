import { refuse } from '../../jobs/errors.ts';

/** A network of drand, as its /info prints it: what is needed to know when a round comes and who signed it. */
export interface DrandChain {
  /** Over the other fields, so that it vouches for them. */
  readonly hash: string;
  readonly public_key: string;
  /** Seconds between rounds. */
  readonly period: number;
  /** When round 1 came: seconds since 1970. */
  readonly genesis_time: number;
  readonly groupHash: string;
  readonly schemeID: string;
  readonly metadata: { readonly beaconID: string };
}

/** The two networks of the League of Entropy, written out as in drand-client 1.4.2, which does not export them. */
const chains: ReadonlyMap<string, DrandChain> = new Map([
  [
    'drand',
    {
      hash: '8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce',
      public_key: '868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31',
      period: 30,
      genesis_time: 1595431050,
      groupHash: '176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a',
      schemeID: 'pedersen-bls-chained',
      metadata: { beaconID: 'default' },
    },
  ],
  [
    'drand-quicknet',
    {
      hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
      public_key:
        '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
      period: 3,
      genesis_time: 1692803367,
      groupHash: 'f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e',
      schemeID: 'bls-unchained-g1-rfc9380',
      metadata: { beaconID: 'quicknet' },
    },
  ],
]);

/** Eleven digits: with 30 s a round some 95,000 years, and still a Date. */
const ROUND = /^[1-9]\d{0,10}$/;
const LEAD_MS = 3600 * 1000;

/** A drand round, or undefined for a beacon of another source ("manual:4", "dice:2020-09-15"). */
export interface DrandRound {
  readonly source: string;
  readonly chain: DrandChain;
  readonly round: number;
}

/**
 * @returns undefined for a source that is not drand's
 * @throws exit 2 for one that is nearly drand's: "Drand:7" would else count as something that nobody can check
 */
function chainOf(source: string): DrandChain | undefined {
  const chain = chains.get(source);
  if (chain === undefined && /^drand/i.test(source))
    throw refuse(`"${source}" is not a network of drand that is known here: name ${[...chains.keys()].join(' or ')}`);
  return chain;
}

/**
 * Reads a commitment's beacon, "SOURCE:ROUND".
 * @returns undefined unless SOURCE is a drand network
 * @throws exit 2 for a round that is no positive whole number
 */
export function drandRound(beacon: string): DrandRound | undefined {
  const colon = beacon.indexOf(':');
  const source = beacon.slice(0, colon);
  const round = beacon.slice(colon + 1);
  const chain = chainOf(source);
  if (chain === undefined) return undefined;
  if (!ROUND.test(round)) throw refuse(`"${round}" is not a round of ${source}: rounds are whole numbers from 1`);
  return { source, chain, round: Number(round) };
}

/** When a drand round is published; undefined for other sources. @throws exit 2 as `drandRound` */
export function roundTime(beacon: string): Date | undefined {
  const drand = drandRound(beacon);
  return drand && new Date((drand.chain.genesis_time + (drand.round - 1) * drand.chain.period) * 1000);
}

/**
 * What to commit to at `now`: the first round of a drand network with an hour's lead, in which the commitment is
 * published; "SOURCE:OTHER" for a source without rounds.
 * @throws exit 2 for a source that is nearly drand's
 */
export function beaconToCome(source: string, now: Date, other: number): string {
  const chain = chainOf(source);
  if (chain === undefined) return `${source}:${other}`;
  const elapsed_s = (now.getTime() + LEAD_MS) / 1000 - chain.genesis_time;
  return `${source}:${Math.max(1, Math.floor(elapsed_s / chain.period) + 2)}`;
}

/**
 * A commitment must name a value that nobody knows yet.
 * @throws exit 2 when the drand round is published at `now`, naming when it was and a round to commit to: the first
 * one with an hour's lead. Other sources are for whoever announces them.
 */
export function refusePublished(beacon: string, now: Date): void {
  const drand = drandRound(beacon);
  const published = roundTime(beacon);
  if (drand === undefined || published === undefined || published > now) return;
  const next = beaconToCome(drand.source, now, 0);
  throw refuse(
    `${beacon} was published at ${published.toISOString()}: whoever knows its value could choose the pool. Commit to a round still to come, such as ${next}, at ${roundTime(next)?.toISOString()}`,
  );
}
