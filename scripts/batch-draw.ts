import { join } from 'node:path';
import { findBatch } from '../db/batch.ts';
import { storeSelections } from '../db/selection.ts';
import { refuse } from '../jobs/errors.ts';
import { draw as drawPool, hexText, seedOf } from '../workers/assignment/rules.ts';
import type { Office } from '../workers/runtime/office.ts';
import { done, type Report, withOffice } from './command.ts';
import { drawFile, readCommitment, readPool, readQuota, readSeed, writeResult, writeSeed } from './draw-files.ts';
import { batchNumber } from './options.ts';

/** `batch draw N --beacon-value HEX`: the same value again is fine, another is refused; a draw is never overwritten. */
export function draw(text: string, options: { beaconValue: string }): Promise<Report> {
  const batch = batchNumber(text);
  const value = options.beaconValue.toLowerCase();
  if (!/^([0-9a-f]{2}){1,128}$/.test(value)) throw refuse('--beacon-value must be an even number of hex digits');
  return withOffice((office) => drawBatch(office, batch, value));
}

/** The same for a caller that already has an office: the demo. */
export async function drawBatch({ db, database, config }: Office, batch: number, value: string): Promise<Report> {
  const found = await findBatch(db, batch);
  if (!found.dir || !found.commitment_sha256) throw refuse(`batch ${batch} is ${found.state}; it must be closed first`);
  if (found.state !== 'closed') return drawnBefore(batch, found.dir, found.state, value);
  const committed = await readCommitment(found.dir);
  if (committed.sha256 !== found.commitment_sha256)
    throw refuse(`${join(found.dir, drawFile.commitment)} is not what was committed to`);
  const { commitment } = committed;
  const { pool, sha256 } = await readPool(found.dir, commitment.policy);
  const { quota, sha256: quotaSha256 } = await readQuota(found.dir);
  if (sha256 !== commitment.pool_sha256 || quotaSha256 !== commitment.quota_sha256)
    throw refuse(`the files in ${found.dir} are not what was committed to`);
  const seed = seedOf(committed.bytesWithoutLf, value);
  await writeSeed(found.dir, { beacon_value: value, seed: hexText(seed) });
  const result = drawPool(pool, quota, commitment.policy, seed);
  await writeResult(found.dir, pool, result);
  await storeSelections(database, batch, join(found.dir, drawFile.result), config.now());
  return done(
    { batch, selected: result.selectedCount, waiting_list: pool.size - result.selectedCount, dir: found.dir },
    `Batch ${batch} is drawn: ${result.selectedCount} selected, ${pool.size - result.selectedCount} on the waiting list.`,
    `Anyone can compute it again: prakerja batch verify ${found.dir}`,
  );
}

async function drawnBefore(batch: number, dir: string, state: string, value: string): Promise<Report> {
  if (state === 'cancelled') throw refuse(`batch ${batch} is cancelled`);
  const seed = await readSeed(dir);
  if (seed?.beacon_value !== value)
    throw refuse(`batch ${batch} was drawn with another value; a draw is never overwritten`);
  return done({ batch, dir, unchanged: true }, `Batch ${batch} was drawn with this value before; nothing has changed.`);
}
