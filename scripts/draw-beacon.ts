import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, refuse } from '../jobs/errors.ts';
import { beaconFileName, checkBeacon, drandRound, LineError, roundTime } from '../workers/assignment/rules.ts';
import type { Config } from '../workers/runtime/config.ts';
import { absent } from './draw-files.ts';

export interface BeaconOptions {
  readonly beaconValue?: string;
  readonly beaconFile?: string;
  readonly beaconUrl?: string;
}

/** The value a draw is made with, and the file that proves it where there is one. */
export interface BeaconGiven {
  /** Lower-case hex. */
  readonly value: string;
  readonly evidence?: Uint8Array;
}

/** A round is some 500 bytes; whoever sends more is no API of drand. */
const ROUND_BYTES_MAX = 64 * 1024;
const ROUND_TIMEOUT_MS = 30_000;
/** What a verification reads whole. */
const EVIDENCE_BYTES_MAX = 16 << 20;
/** SHA-256 of the round's signature. */
const RANDOMNESS = /^[0-9a-f]{64}$/;

/**
 * By when a drand round counts as out. In production that is the machine's clock where it is later than "now", else
 * PRAKERJA_NOW could make a round that everybody knows one still to come.
 */
export function roundClock({ production, now }: Pick<Config, 'production' | 'now'>): Date {
  const moments = production ? [now(), new Date()] : [now()];
  return new Date(Math.max(...moments.map((moment) => moment.getTime())));
}

/**
 * What the commitment's beacon came to: given as it is, checked from a file, or asked from an API of drand and checked.
 * @throws exit 2 unless exactly one of the three is given and it is what was committed to; exit 1 when an API does not
 * have the round
 */
export async function beaconGiven(
  beacon: string,
  options: BeaconOptions,
  config: Pick<Config, 'production' | 'now'>,
): Promise<BeaconGiven> {
  const { beaconValue, beaconFile, beaconUrl } = options;
  const now = roundClock(config);
  const given = [beaconValue, beaconFile, beaconUrl].filter((option) => option !== undefined);
  if (given.length !== 1) throw refuse(whatToGive(beacon, now));
  if (beaconValue !== undefined) {
    const value = hexValue(beaconValue);
    if (config.production) refuseImpossible(beacon, value, now);
    return { value };
  }
  const evidence =
    beaconUrl === undefined ? await readEvidence(beaconFile as string) : await fetchRound(beacon, beaconUrl, now);
  return { value: await provedValue(beacon, evidence, beaconFile ?? (beaconUrl as string)), evidence };
}

function whatToGive(beacon: string, now: Date): string {
  const comes = roundTime(beacon);
  if (comes === undefined)
    return `give exactly one of --beacon-file FILE (what ${beacon} published) and --beacon-value HEX`;
  const when = comes > now ? `comes at ${comes.toISOString()}` : `came at ${comes.toISOString()}`;
  return `give exactly one of --beacon-url URL (an API of drand, such as https://api.drand.sh), --beacon-file FILE (the round as it prints it) and --beacon-value HEX; ${beacon} ${when}`;
}

function hexValue(text: string): string {
  const value = text.toLowerCase();
  if (!/^([0-9a-f]{2}){1,128}$/.test(value)) throw refuse('--beacon-value must be an even number of hex digits');
  return value;
}

/** What is taken as given could be chosen by whoever gives it; where it counts, it must at least be possible. */
function refuseImpossible(beacon: string, value: string, now: Date): void {
  const comes = roundTime(beacon);
  if (comes === undefined) return;
  if (comes > now)
    throw refuse(`${beacon} comes at ${comes.toISOString()}, so nobody can know its value yet: draw again then`);
  if (!RANDOMNESS.test(value))
    throw refuse(
      `--beacon-value must be the 64 hex digits of randomness that ${beacon} published; --beacon-file or --beacon-url takes them from the round`,
    );
}

async function readEvidence(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw refuse(`--beacon-file cannot be read: ${error instanceof Error ? error.message : error}`);
  });
  if (bytes.length > EVIDENCE_BYTES_MAX) throw refuse(`--beacon-file is over ${EVIDENCE_BYTES_MAX >> 20} MiB`);
  return bytes;
}

/** The value that a file proves. @throws exit 2 naming the file when it does not prove this beacon */
export async function provedValue(beacon: string, evidence: Uint8Array, where: string): Promise<string> {
  try {
    return await checkBeacon(beacon, evidence);
  } catch (error) {
    if (error instanceof LineError) throw refuse(`${where} does not prove ${beacon}: ${error.detail}`);
    throw error;
  }
}

/**
 * Whether the value of a drand round is not proved by the file beside the draw. Other sources have minutes at best, which
 * prove nothing without whoever wrote them.
 * @throws exit 2 when the file is there and proves nothing
 */
export async function lacksProof(dir: string, beacon: string, value: string): Promise<boolean> {
  if (drandRound(beacon) === undefined) return false;
  const path = join(dir, beaconFileName(beacon));
  const there = await readFile(path).catch(absent);
  return there === undefined || (await provedValue(beacon, there, path)) !== value;
}

/** What a command says of a value that `lacksProof`. */
export function notProved(batch: number, beacon: string): string {
  return `The value of ${beacon} is not proved: it was taken as given, and not checked by its signature. "prakerja batch draw ${batch} --beacon-url https://api.drand.sh", or --beacon-file with the round's JSON, has it checked and published; the same value again is fine.`;
}

/**
 * Asks an API of drand for the committed round. drand-client's HttpChainClient can do that too, but has no time limit
 * (Node's fetch waits 300 s), asks for /info which proves nothing that the chain's key does not, and keeps no bytes to
 * publish. What comes is checked like a file.
 */
async function fetchRound(beacon: string, url: string, now: Date): Promise<Uint8Array> {
  const drand = drandRound(beacon);
  if (drand === undefined) throw refuse(`--beacon-url is for drand; give what ${beacon} published with --beacon-file`);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw refuse('--beacon-url must be the http(s) address of an API of drand, such as https://api.drand.sh');
  const base = url.replace(/\/+$/, '');
  const chain = base.endsWith(drand.chain.hash) ? base : `${base}/${drand.chain.hash}`;
  const comes = roundTime(beacon) as Date;
  let bytes: Uint8Array;
  try {
    const answer = await fetch(`${chain}/public/${drand.round}`, { signal: AbortSignal.timeout(ROUND_TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    bytes = await readLimited(answer);
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    if (comes > now)
      throw fail(`${beacon} is not there yet (${why}): it comes at ${comes.toISOString()}; draw again then`);
    throw fail(
      `${url} does not give ${beacon} (${why}), which came at ${comes.toISOString()}: try another API of drand`,
    );
  }
  return bytes;
}

async function readLimited(answer: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > ROUND_BYTES_MAX) throw new Error('it sends too much');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
