import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { type DrandChain, type DrandRound, drandRound } from './drand.ts';
import { hexText, LineError } from './lines.ts';

/** Under which name a beacon's evidence is published beside the draw. */
export function beaconFileName(beacon: string): 'beacon.json' | 'beacon.txt' {
  return drandRound(beacon) ? 'beacon.json' : 'beacon.txt';
}

/**
 * The value of a beacon, from the file that proves it. For drand that is the round as its HTTP API prints it: the
 * committed round, signed by the network. For other sources it is any file (minutes of a ceremony of dice, say), and
 * the value is its SHA-256.
 * @returns the value as lower-case hex
 * @throws LineError saying what is wrong with the file
 */
export async function checkBeacon(beacon: string, file: Uint8Array): Promise<string> {
  const drand = drandRound(beacon);
  if (drand) return checkRound(drand, file);
  if (file.length === 0) throw new LineError(1, 'is missing: an empty file says nothing');
  return hexText(sha256(file));
}

interface RoundJson {
  readonly round: number;
  readonly randomness: string;
  readonly signature: string;
  /** Where each round is signed together with the one before. */
  readonly previous_signature?: string;
}

async function checkRound({ source, chain, round }: DrandRound, file: Uint8Array): Promise<string> {
  const json = parseRound(file, chain.schemeID === 'pedersen-bls-chained');
  if (json.round !== round) throw new LineError(1, `is round ${json.round} of ${source}, committed to was ${round}`);
  const must = hexText(sha256(hexToBytes(json.signature)));
  if (json.randomness !== must)
    throw new LineError(1, `randomness is ${json.randomness}, the SHA-256 of the signature is ${must}`);
  if (!(await isSigned(chain, json))) throw new LineError(1, `signature is not that of ${source} for round ${round}`);
  return must;
}

/** Strict, for the library reads hex up to the first letter that is none. */
function parseRound(file: Uint8Array, chained: boolean): RoundJson {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file));
  } catch {
    throw new LineError(1, "is not JSON: give the round as drand's HTTP API prints it");
  }
  const fields = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const { round, randomness, signature, previous_signature } = fields;
  if (typeof round !== 'number' || !Number.isSafeInteger(round)) throw impossible('round');
  if (!isHex(randomness)) throw impossible('randomness');
  if (!isHex(signature)) throw impossible('signature');
  if (chained && isHex(previous_signature)) return { round, randomness, signature, previous_signature };
  if (chained || previous_signature !== undefined) throw impossible('previous_signature');
  return { round, randomness, signature };
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && /^([0-9a-f]{2}){32,96}$/.test(value);
}

function impossible(field: string): LineError {
  return new LineError(1, `${field} is missing or impossible for a round of this network`);
}

/** By drand-client, imported here because its BLS curve takes 75 ms that no other command should spend. */
async function isSigned(chain: DrandChain, json: RoundJson): Promise<boolean> {
  const { fetchBeacon } = await import('drand-client');
  const get = async () => json;
  const client = {
    options: { disableBeaconVerification: false, noCache: false },
    chain: () => ({ baseUrl: '', info: async () => chain }),
    get,
    latest: get,
  };
  // It throws for a wrong signature and for a point that is not on the curve alike.
  return fetchBeacon(client, json.round).then(
    () => true,
    () => false,
  );
}
