import { join } from 'node:path';
import { listedOn } from '../db/applicants.ts';
import { findBatch, lockBatch } from '../db/batch.ts';
import { loadPolicy } from '../db/run.ts';
import { confirmDecree, listedInBatch, participantsInDraw, storeDecree } from '../db/selection.ts';
import { refuse } from '../jobs/errors.ts';
import type { ExclusionList, Policy } from '../jobs/policy.ts';
import { wibDate } from '../jobs/time.ts';
import { decreeLines, draw, registrationIdOf, seedOf } from '../workers/assignment/rules.ts';
import { screened } from '../workers/layer3/rules.ts';
import type { Office } from '../workers/runtime/office.ts';
import { done, type Report, withOffice } from './command.ts';
import { drawFile, readCommitment, readPool, readQuota, readSeed, writeDecree } from './draw-files.ts';
import { batchNumber, personName } from './options.ts';

export interface DecreeOptions {
  readonly number?: string;
  readonly by?: string;
  readonly confirm?: boolean | string;
}

/** `batch decree N --number SK --by WHO`, then `--confirm --by OTHER`. */
export function decree(text: string, options: DecreeOptions): Promise<Report> {
  const batch = batchNumber(text);
  const by = personName('--by', options.by);
  return withOffice((office) =>
    options.confirm ? confirm(office, batch, by) : setDecree(office, batch, options.number, by),
  );
}

/** Screens the selected again today and fills the places that fall free from the waiting list. */
export async function setDecree(
  office: Office,
  batch: number,
  number: string | undefined,
  by: string,
): Promise<Report> {
  const { db, database, config } = office;
  if (!number?.trim() || number.length > 100) throw refuse("--number must give the decree's number");
  const found = await findBatch(db, batch);
  if ((found.state !== 'drawn' && found.state !== 'decreed') || !found.dir)
    throw refuse(`batch ${batch} is ${found.state}; it must be drawn, and its decree not confirmed`);
  const policy = await loadPolicy(db, found.policy_id);
  const { pool, result, rule } = await drawnAgain(found.dir);
  const listed = await listedInBatch(db, batch, listedOn(wibDate(config.now())));
  const participants = await participantsInDraw(db, batch);
  const screen = (id: string) => (participants.has(id) ? 'already_participant' : screenedOut(listed.get(id), policy));
  const lines = [...decreeLines(pool, result, rule, (index) => screen(registrationIdOf(pool, index)))];
  await writeDecree(found.dir, lines);
  await storeDecree(database, { batch, number: number.trim(), by }, join(found.dir, drawFile.decree), config.now());
  const count = (decision: string) => lines.filter((line) => line.decision === decision).length;
  const [confirmed, removed, promoted] = [count('confirmed'), count('removed'), count('promoted')];
  return done(
    { batch, decree: number, confirmed, removed, promoted, dir: found.dir },
    `Decree ${number}: ${confirmed} confirmed, ${removed} removed by today's lists or another decree, ${promoted} promoted in their place.`,
    `Another person confirms: prakerja batch decree ${batch} --confirm --by OTHER`,
  );
}

/** The second pair of eyes: participants are set only here. */
export async function confirm({ db, config }: Office, batch: number, by: string): Promise<Report> {
  const now = config.now();
  const participants = await db.transaction().execute(async (tx) => {
    const row = await lockBatch(tx, batch, ['decreed']);
    if (row.decreed_by === by) throw refuse(`${by} set this decree; another person must confirm it`);
    return confirmDecree(tx, batch, by, now, wibDate(now));
  });
  return done(
    { batch, state: 'confirmed', participants },
    `Batch ${batch}: ${participants} people are participants by decree.`,
  );
}

async function drawnAgain(dir: string) {
  const committed = await readCommitment(dir);
  const rule = committed.commitment.policy;
  const { pool } = await readPool(dir, rule);
  const { quota } = await readQuota(dir);
  const seed = await readSeed(dir);
  if (!seed) throw refuse(`${join(dir, drawFile.seed)} is missing`);
  const result = draw(pool, quota, rule, seedOf(committed.bytesWithoutLf, seed.beacon_value));
  return { pool, result, rule };
}

function screenedOut(lists: readonly string[] | undefined, policy: Policy): string | undefined {
  return lists && screened(lists as readonly ExclusionList[], policy.layer3);
}
