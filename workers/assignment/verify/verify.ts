import type { Commitment } from '../commitment.ts';
import { draw } from '../draw.ts';
import { drawFile } from '../files.ts';
import type { Pool } from '../pool.ts';
import type { ProvinceQuota } from '../quota.ts';
import type { DrawResult } from '../result.ts';
import type { OfficeKey } from '../signature.ts';
import type { DrawSource } from '../source.ts';
import { ticketsOf } from '../tickets.ts';
import { verifyAnnex } from './annex.ts';
import { verifyBeacon } from './beacon.ts';
import { verifyChain, verifyCommitment, verifyPool, verifyQuota } from './commitment.ts';
import { type DecreeChanges, verifyDecree } from './decree.ts';
import { verifyResult, verifySeed } from './result.ts';
import { Difference, type OnStep, VerifyRun, type VerifyStep } from './run.ts';
import { verifySignatures } from './signatures.ts';
import type { Checked } from './texts.ts';

/** A draw computed again: enough to explain any registration. */
export interface Drawn {
  readonly commitment: Commitment;
  readonly pool: Pool;
  readonly quota: readonly ProvinceQuota[];
  readonly result: DrawResult;
  /** Undefined when there is no decree. */
  readonly decree: DecreeChanges | undefined;
}

export interface Verified {
  /** Everything that is there is right. */
  readonly ok: boolean;
  /** Whether the draw has taken place. */
  readonly drawn: boolean;
  /** What was found right, in the order it was checked. */
  readonly checked: readonly Checked[];
  /** Of commitment.json, to compare with what was published before the draw; undefined when the file is missing. */
  readonly commitmentSha256: string | undefined;
  /** The first difference, naming file and line, and the step that found it. */
  readonly difference?: string;
  readonly failedAt?: VerifyStep;
  /** The draw as computed again, when it is the one that was published. */
  readonly again?: Drawn;
}

/**
 * Recomputes a draw from its files and nothing else (contract, section 6): the commitment, the pool and the quota
 * against their hashes, the chain of earlier commitments, the seed, every line of the result, and the decree where
 * there is one. 12 million people: about a minute and 1.2 GB.
 *
 * Other attempts are looked for in the directories beside the draw's (`N/`, `N-2/`, whatever their names): the earlier one
 * is whose commitment.json has the SHA-256 that `previous` names, a later one whose `previous` names this.
 * @param key the office's public key: then every step must be signed with it
 * @throws only when a file cannot be read at all
 */
export async function verifyDraw(
  source: DrawSource,
  onStep: OnStep = () => undefined,
  key?: OfficeKey,
): Promise<Verified> {
  const run = new VerifyRun(source, onStep);
  try {
    const again = await verifyInOrder(run);
    await run.step('signatures', () => verifySignatures(run, key));
    const right = { ok: true, checked: run.checked, commitmentSha256: await run.hash(drawFile.commitment) };
    return again ? { ...right, drawn: true, again } : { ...right, drawn: false };
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    const drawn = await run.has(drawFile.seed);
    const commitmentSha256 = (await run.has(drawFile.commitment)) ? await run.hash(drawFile.commitment) : undefined;
    return {
      ok: false,
      drawn,
      checked: run.checked,
      commitmentSha256,
      difference: error.message,
      failedAt: run.at,
    };
  }
}

/** The steps, read top to bottom; each notes what it finds right and throws the first difference. */
async function verifyInOrder(run: VerifyRun): Promise<Drawn | undefined> {
  const committed = await run.step('commitment', () => verifyCommitment(run));
  const { commitment } = committed;
  const rule = commitment.policy;
  const pool = await run.step('pool', () => verifyPool(run, commitment));
  const quota = await run.step('quota', () => verifyQuota(run, commitment));
  await run.step('chain', () => verifyChain(run, commitment));
  const seed = await run.step('seed', () => verifySeed(run, committed));
  if (seed === undefined) return undefined;
  await run.step('beacon', () => verifyBeacon(run, commitment));
  const tickets = await run.step('tickets', () => ticketsOf(pool, seed, (share) => run.progress(share)));
  const result = await run.step('draw', () => draw(pool, quota, rule, seed, tickets));
  await run.step('result', () => verifyResult(run, pool, result));
  const decree = await run.step('decree', () => verifyDecree(run, pool, result, rule));
  const drawn = { commitment, pool, quota, result, decree };
  await run.step('annex', () => verifyAnnex(run, seed, drawn));
  return drawn;
}
