import { mkdir } from 'node:fs/promises';
import { audit } from '../db/audit.ts';
import { batchQuota, findBatch } from '../db/batch.ts';
import { loadPolicy } from '../db/run.ts';
import { poolPieces, storeCommitment } from '../db/selection.ts';
import { sha256Hex } from '../jobs/canonical.ts';
import { fail, PrakerjaError, refuse } from '../jobs/errors.ts';
import { commitmentText, quotaCsv, refusePublished } from '../workers/assignment/rules.ts';
import type { SigningKey } from '../workers/runtime/keys.ts';
import type { Office } from '../workers/runtime/office.ts';
import { roundClock } from './draw-beacon.ts';
import {
  absent,
  drawFile,
  measurePool,
  type ReadCommitment,
  readCommitment,
  readSeed,
  writeCommitment,
  writePool,
  writeQuota,
} from './draw-files.ts';
import { signPublished } from './draw-sign.ts';

/** Where a commitment comes in its batch's chain, and the directory of each attempt from there on. */
export interface Place {
  readonly batch: number;
  readonly attempt: number;
  /** SHA-256 of the commitment that the database has, `attempt - 1`; null: it has none. */
  readonly previous: string | null;
  readonly dirOf: (attempt: number) => string;
}

/** A commitment of this batch that the database does not know: its closing was killed, or the database restored. */
export interface LeftCommitment extends ReadCommitment {
  readonly dir: string;
}

/**
 * What interrupted closings have left from `attempt` on, each naming the one before. It may have been signed and seen, so
 * it is taken up or followed, and never overwritten.
 * @throws exit 2 when a directory holds a draw, or another commitment
 */
export async function leftBehind({ batch, attempt, previous, dirOf }: Place): Promise<readonly LeftCommitment[]> {
  const left: LeftCommitment[] = [];
  for (let next = attempt, before = previous; ; next++) {
    const dir = dirOf(next);
    if (await readSeed(dir)) throw refuse(`${dir} holds a draw; a draw is never overwritten: name another directory`);
    const there = await readCommitment(dir).catch(absent);
    if (!there) return left;
    const { commitment } = there;
    if (commitment.batch !== batch || commitment.attempt !== next || commitment.previous !== before)
      throw refuse(
        `${dir} holds the commitment of batch ${commitment.batch}, attempt ${commitment.attempt}, and it is not overwritten: name another directory`,
      );
    left.push({ ...there, dir });
    before = there.sha256;
  }
}

/**
 * Whatever was left last stands when its round is still to come, and not the beacon given.
 * @throws exit 2 when neither can be committed to
 */
export function refuseBeacon({ config }: Office, beacon: string, left: readonly LeftCommitment[]): void {
  const last = left.at(-1);
  if (!last || isOut(last.commitment.beacon, roundClock(config))) refusePublished(beacon, roundClock(config));
}

export interface Publication extends Place {
  readonly beacon: string;
  readonly left: readonly LeftCommitment[];
  readonly key: SigningKey;
  readonly by: string;
  /** Why there is another attempt. */
  readonly note?: string;
}

/** What was committed to. */
export interface Published {
  readonly attempt: number;
  readonly beacon: string;
  readonly dir: string;
  /** Sentences about what an interrupted closing had left. */
  readonly said: readonly string[];
}

/** Once the batch's row has the commitment, and is locked by that, its file is written: no other is written beside it. */
export async function publish(office: Office, publication: Publication): Promise<Published> {
  const { db, database, config } = office;
  const { batch, left, key, by, note } = publication;
  const { policy_id } = await findBatch(db, batch);
  const { assignment: policy } = await loadPolicy(db, policy_id);
  const quota = await batchQuota(db, batch);
  const { attempt, beacon, previous, dir, before } = await choose(office, publication, policy, quota);
  await mkdir(dir, { recursive: true });
  const pool = await writePool(dir, policy, poolPieces(database, batch));
  const quota_sha256 = await writeQuota(dir, quota);
  notYetPublished(batch, beacon, roundClock(config));
  const files = { pool_sha256: pool.sha256, pool_size: pool.size, quota_sha256 };
  const commitment = { attempt, batch, beacon, policy, previous, ...files };
  const sha256 = sha256Hex(commitmentText(commitment));
  const known = { [drawFile.commitment]: sha256, [drawFile.pool]: pool.sha256, [drawFile.quota]: quota_sha256 };
  await db.transaction().execute(async (tx) => {
    for (const one of before) await storeCommitment(tx, batch, { ...one.commitment, dir: one.dir, sha256: one.sha256 });
    await storeCommitment(tx, batch, { dir, beacon, sha256, attempt, previous });
    await writeCommitment(dir, commitment);
    await signPublished(tx, key, dir, 'commitment', known);
    for (const { commitment, sha256 } of before) {
      const left = `${commitment.beacon}, commitment ${sha256}, left by a closing that was interrupted`;
      await audit(tx, { who: by, action: 'batch close', subject: subjectOf(batch, commitment.attempt), note: left });
    }
    const action = note === undefined ? 'batch close' : 'batch close again';
    const subject = subjectOf(batch, attempt);
    await audit(tx, { who: by, action, subject, note: note ?? `${beacon}, commitment ${sha256}` });
  });
  return { attempt, beacon, dir, said: saidOfLeft(left, beacon, publication.beacon, attempt) };
}

function subjectOf(batch: number, attempt: number): string {
  return attempt === 1 ? `batch ${batch}` : `batch ${batch} attempt ${attempt}`;
}

/** The attempt to commit to: what was left last where it still stands, else the one after it. */
async function choose(
  { database, config }: Office,
  { batch, attempt, previous, dirOf, beacon, left }: Publication,
  policy: Parameters<typeof measurePool>[0],
  quota: Parameters<typeof quotaCsv>[0],
) {
  const last = left.at(-1);
  if (!last) return { attempt, previous, beacon, dir: dirOf(attempt), before: left };
  const pool = await measurePool(policy, poolPieces(database, batch));
  const files = { pool_sha256: pool.sha256, pool_size: pool.size, quota_sha256: sha256Hex(quotaCsv(quota)) };
  const same = commitmentText({ ...last.commitment, policy, ...files }) === commitmentText(last.commitment);
  if (same && !isOut(last.commitment.beacon, roundClock(config)))
    return { ...last.commitment, dir: last.dir, before: left.slice(0, -1) };
  const next = last.commitment.attempt + 1;
  return { attempt: next, previous: last.sha256, beacon, dir: dirOf(next), before: left };
}

function saidOfLeft(left: readonly LeftCommitment[], beacon: string, given: string, attempt: number): string[] {
  const last = left.at(-1);
  if (!last) return [];
  const was = `A closing that was interrupted had committed to ${last.commitment.beacon} in ${last.dir}`;
  if (last.commitment.attempt !== attempt)
    return [
      `${was}. Its round is out by now, or its pool, quota or policy is another: this is attempt ${attempt}, which names its hash.`,
    ];
  return [beacon === given ? `${was}: that stands.` : `${was}: that stands, and not ${given}.`];
}

function isOut(beacon: string, now: Date): boolean {
  try {
    refusePublished(beacon, now);
    return false;
  } catch (error) {
    if (error instanceof PrakerjaError) return true;
    throw error;
  }
}

/** Deciding and freezing can outlast the lead that the round had when the command began. @throws exit 1 saying so */
function notYetPublished(batch: number, beacon: string, now: Date): void {
  try {
    refusePublished(beacon, now);
  } catch (error) {
    throw fail(`The pool of batch ${batch} is frozen, but nothing is committed to: ${(error as Error).message}`, error);
  }
}

/** DIR of each attempt: `base` for the first, `base-2` and so on after it. */
export function attemptDir(base: string, attempt: number): string {
  return attempt === 1 ? base : `${base}-${attempt}`;
}
