import { LineError } from './lines.ts';
import type { DrawRule } from './pool.ts';

/** commitment.json: what is promised before the beacon's value exists (contract, section 6). */
export interface Commitment {
  /** 1, or more when the batch was closed `--again`. */
  readonly attempt: number;
  readonly batch: number;
  /** "SOURCE:ROUND". */
  readonly beacon: string;
  readonly policy: DrawRule;
  readonly pool_sha256: string;
  readonly pool_size: number;
  /** SHA-256 of the whole commitment.json of the attempt before, its LF included, as sha256sum prints it. */
  readonly previous: string | null;
  readonly quota_sha256: string;
}

/** seed.json. */
export interface DrawSeed {
  /** Lower-case hex text. */
  readonly beacon_value: string;
  /** 64 hex digits. */
  readonly seed: string;
}

const HASH = /^[0-9a-f]{64}$/;

/** The text of commitment.json: canonical JSON (keys sorted, no blanks) and LF. */
export function commitmentText(commitment: Commitment): string {
  const { whitelist_share, order, kk_cap } = commitment.policy;
  const { attempt, batch, beacon, pool_sha256, pool_size, previous, quota_sha256 } = commitment;
  const policy = { kk_cap, order, whitelist_share };
  return `${JSON.stringify({ attempt, batch, beacon, policy, pool_sha256, pool_size, previous, quota_sha256 })}\n`;
}

/**
 * Reads the text of a commitment.json, LF included.
 * @throws LineError naming the first field that is wrong, or when the text is not canonical
 */
export function parseCommitment(text: string): Commitment {
  const body = parseObject(text);
  const policy = body.policy;
  if (!isObject(policy)) throw new LineError(1, 'policy is not an object');
  const isCount = (value: unknown, least: number) => Number.isSafeInteger(value) && (value as number) >= least;
  const isHash = (value: unknown) => typeof value === 'string' && HASH.test(value);
  const share = policy.whitelist_share;
  const isShare = typeof share === 'string' && /^(0(\.\d{1,9})?|1(\.0{1,9})?)$/.test(share);
  const order = policy.order;
  const previous = body.previous;
  const wrong = Object.entries({
    attempt: isCount(body.attempt, 1),
    batch: isCount(body.batch, 0),
    beacon: typeof body.beacon === 'string',
    'policy.kk_cap': isCount(policy.kk_cap, 0),
    'policy.order': order === 'lottery' || order === 'score_then_lottery',
    'policy.whitelist_share': isShare,
    pool_sha256: isHash(body.pool_sha256),
    pool_size: isCount(body.pool_size, 0),
    previous: previous === null || isHash(previous),
    quota_sha256: isHash(body.quota_sha256),
  }).find(([, right]) => !right);
  if (wrong) throw new LineError(1, `${wrong[0]} is missing or impossible`);
  const commitment: Commitment = {
    attempt: body.attempt as number,
    batch: body.batch as number,
    beacon: body.beacon as string,
    policy: policy as DrawRule,
    pool_sha256: body.pool_sha256 as string,
    pool_size: body.pool_size as number,
    previous: previous as string | null,
    quota_sha256: body.quota_sha256 as string,
  };
  if (commitmentText(commitment) !== text) throw new LineError(1, 'is not these eight keys as canonical JSON and LF');
  if ((commitment.attempt === 1) !== (previous === null)) {
    throw new LineError(
      1,
      `previous is ${previous === null ? 'null' : 'a hash'}, but the attempt is ${commitment.attempt}`,
    );
  }
  return commitment;
}

/** The text of seed.json: canonical JSON and LF. */
export function seedText({ beacon_value, seed }: DrawSeed): string {
  return `${JSON.stringify({ beacon_value, seed })}\n`;
}

/** Reads the text of a seed.json, LF included. @throws LineError */
export function parseSeed(text: string): DrawSeed {
  const body = parseObject(text);
  const { beacon_value, seed } = body;
  if (typeof beacon_value !== 'string' || !/^[0-9a-f]{1,1024}$/.test(beacon_value)) {
    throw new LineError(1, 'beacon_value is not lower-case hex text');
  }
  if (typeof seed !== 'string' || !HASH.test(seed)) throw new LineError(1, 'seed is not 64 lower-case hex digits');
  if (seedText({ beacon_value, seed }) !== text)
    throw new LineError(1, 'is not these two keys as canonical JSON and LF');
  return { beacon_value, seed };
}

function parseObject(text: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new LineError(1, 'is not JSON');
  }
  if (!isObject(body)) throw new LineError(1, 'is not a JSON object');
  return body;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
