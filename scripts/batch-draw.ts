import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findBatch } from '../db/batch.ts';
import type { Database } from '../db/connection.ts';
import { poolNumbers, storeSelections } from '../db/selection.ts';
import { refuse } from '../jobs/errors.ts';
import {
  beaconFileName,
  draw as drawPool,
  hexText,
  NumbersReader,
  type Pool,
  seedOf,
  selectionChunks,
  shortfallSentences,
  shortfalls,
} from '../workers/assignment/rules.ts';
import { signingKey } from '../workers/runtime/keys.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { alone } from './batch.ts';
import { done, type Report } from './command.ts';
import { type BeaconOptions, beaconGiven, lacksProof, notProved, provedValue } from './draw-beacon.ts';
import {
  absent,
  drawFile,
  type ReadCommitment,
  readCommitment,
  readPool,
  readQuota,
  readSeed,
  writeResult,
  writeSeed,
  writeWhole,
} from './draw-files.ts';
import { signPublished } from './draw-sign.ts';
import { batchNumber } from './options.ts';

/**
 * `batch draw N` with `--beacon-value HEX`, `--beacon-file FILE` or `--beacon-url URL`: the same value again is fine,
 * another is refused; a draw is never overwritten.
 */
export function draw(text: string, options: BeaconOptions & { readonly by?: string }): Promise<Report> {
  const batch = batchNumber(text);
  return inNameOf({ name: options.by, role: 'operations' }, async (office, by) => {
    const { state, beacon } = await findBatch(office.db, batch);
    if (beacon === null) throw refuse(`batch ${batch} is ${state}; it must be closed first`);
    const given = await beaconGiven(beacon, options, office.config);
    return drawBatch(office, batch, given.value, given.evidence, by);
  });
}

/** The same for a caller that already has an office: the demo. @param evidence what proves the value */
export function drawBatch(
  office: Office,
  batch: number,
  value: string,
  evidence?: Uint8Array,
  by = 'cli',
): Promise<Report> {
  return alone(office, batch, () => drawAlone(office, batch, { value, evidence, by }));
}

async function drawAlone(
  office: Office,
  batch: number,
  { value, evidence, by }: Omit<Drawing, 'numbers'>,
): Promise<Report> {
  const { db, database } = office;
  const found = await findBatch(db, batch);
  if (!found.dir || !found.commitment_sha256) throw refuse(`batch ${batch} is ${found.state}; it must be closed first`);
  const { dir, state } = found;
  if (state !== 'closed')
    return drawnBefore(office, { batch, dir, state, beacon: found.beacon as string }, value, evidence);
  const committed = await readCommitment(dir);
  if (committed.sha256 !== found.commitment_sha256)
    throw refuse(`${join(dir, drawFile.commitment)} is not what was committed to`);
  const numbers = startNumbers(database, batch);
  try {
    return await drawFiles(office, dir, committed, { value, evidence, by, numbers });
  } finally {
    await numbers.end();
  }
}

interface Drawing {
  readonly value: string;
  readonly evidence: Uint8Array | undefined;
  readonly by: string;
  readonly numbers: ReturnType<typeof startNumbers>;
}

async function drawFiles(
  { db, database, config }: Office,
  dir: string,
  { commitment, bytesWithoutLf, sha256: commitment_sha256 }: ReadCommitment,
  { value, evidence, by, numbers }: Drawing,
): Promise<Report> {
  const { batch } = commitment;
  const { pool, sha256 } = await readPool(dir, commitment.policy);
  const { quota, sha256: quotaSha256 } = await readQuota(dir);
  if (sha256 !== commitment.pool_sha256 || quotaSha256 !== commitment.quota_sha256)
    throw refuse(`the files in ${dir} are not what was committed to`);
  const key = await signingKey(db, config);
  const seed = seedOf(bytesWithoutLf, value);
  await keepEvidence(dir, commitment.beacon, value, evidence);
  await writeSeed(dir, { beacon_value: value, seed: hexText(seed) });
  const result = drawPool(pool, quota, commitment.policy, seed);
  const known = { [drawFile.result]: await writeResult(dir, pool, result) };
  await db.transaction().execute((tx) => signPublished(tx, key, dir, 'draw', known));
  const drawn = { batch, commitment_sha256, by, note: `${commitment.beacon}, value ${value}` };
  await storeSelections(database, drawn, selectionChunks(batch, result, await numbers.of(pool)), config.now());
  const short = shortfalls(pool, quota, result);
  return done(
    { batch, selected: result.selectedCount, waiting_list: pool.size - result.selectedCount, dir, shortfalls: short },
    `Batch ${batch} is drawn: ${result.selectedCount} selected, ${pool.size - result.selectedCount} on the waiting list.`,
    ...shortfallSentences(short),
    ...((await lacksProof(dir, commitment.beacon, value)) ? [notProved(batch, commitment.beacon)] : []),
    `Anyone can compute it again: prakerja batch verify ${dir}`,
  );
}

/** Has the server sort the office's numbers of the pool while this process computes the draw. */
function startNumbers(database: Database, batch: number) {
  const pieces = poolNumbers(database, batch);
  const first = pieces.next();
  first.catch(() => undefined);
  return {
    of: async (pool: Pool): Promise<Float64Array> => {
      const reader = new NumbersReader(pool);
      for (let piece = await first; !piece.done; piece = await pieces.next()) reader.push(piece.value);
      return reader.finish();
    },
    end: () => pieces.return(undefined),
  };
}

/**
 * Publishes what proves the value, before seed.json: a draw that was interrupted between them is finished by the same.
 * @returns whether it is published now
 * @throws exit 2 when another value is proved already
 */
async function keepEvidence(
  dir: string,
  beacon: string,
  value: string,
  evidence: Uint8Array | undefined,
): Promise<boolean> {
  const path = join(dir, beaconFileName(beacon));
  const there = await readFile(path).catch(absent);
  if (there !== undefined && (await provedValue(beacon, there, path)) !== value)
    throw refuse(`${path} is there with another value; a draw is never overwritten`);
  const seed = await readSeed(dir);
  if (seed && seed.beacon_value !== value)
    throw refuse(`${join(dir, drawFile.seed)} is there with another beacon value; a draw is never overwritten`);
  if (there !== undefined || evidence === undefined) return false;
  await writeWhole(path, [evidence]);
  return true;
}

interface DrawnBatch {
  readonly batch: number;
  readonly dir: string;
  readonly state: string;
  readonly beacon: string;
}

/** Nothing changes, but that a value which was taken as given can be proved later. */
async function drawnBefore(
  { db, config }: Office,
  { batch, dir, state, beacon }: DrawnBatch,
  value: string,
  evidence: Uint8Array | undefined,
): Promise<Report> {
  if (state === 'cancelled') throw refuse(`batch ${batch} is cancelled`);
  const seed = await readSeed(dir);
  if (seed?.beacon_value !== value)
    throw refuse(`batch ${batch} was drawn with another value; a draw is never overwritten`);
  const key = await signingKey(db, config);
  if (!(await keepEvidence(dir, beacon, value, evidence)))
    return done(
      { batch, dir, unchanged: true },
      `Batch ${batch} was drawn with this value before; nothing has changed.`,
      ...((await lacksProof(dir, beacon, value)) ? [notProved(batch, beacon)] : []),
    );
  await db.transaction().execute((tx) => signPublished(tx, key, dir, 'draw'));
  return done(
    { batch, dir, unchanged: false },
    `Batch ${batch} was drawn with this value before; what proves it is now published with it.`,
  );
}
