import { join } from 'node:path';
import { listedOn } from '../db/applicants.ts';
import { findBatch, lockBatch } from '../db/batch.ts';
import type { Tx } from '../db/connection.ts';
import { hasOperators } from '../db/operators.ts';
import { loadPolicy } from '../db/run.ts';
import { confirmDecree, listedInBatch, participantsInDraw, storeDecree } from '../db/selection.ts';
import { refuse } from '../jobs/errors.ts';
import { isSamePerson } from '../jobs/person.ts';
import { type ExclusionList, entitlementIdr, type Policy } from '../jobs/policy.ts';
import { wibDate } from '../jobs/time.ts';
import { decreeFile, decreeLines, draw, isPrintable, registrationIdOf, seedOf } from '../workers/assignment/rules.ts';
import { screened } from '../workers/layer3/rules.ts';
import { signingKey } from '../workers/runtime/keys.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { alone } from './batch.ts';
import { done, type Report } from './command.ts';
import { checkPublished, publishDecree } from './decree-files.ts';
import { lacksProof, notProved } from './draw-beacon.ts';
import { drawFile, readCommitment, readPool, readQuota, readSeed } from './draw-files.ts';
import { signPublished } from './draw-sign.ts';
import { batchNumber, personName } from './options.ts';

/** What a decree's public files say of a name that could be anybody's. */
const UNVERIFIED = 'belum diverifikasi, not verified';

export interface DecreeOptions {
  readonly number?: string;
  readonly by?: string;
  readonly confirm?: boolean | string;
}

/** `batch decree N --number SK --by WHO`, then `--confirm --by OTHER`. */
export function decree(text: string, options: DecreeOptions): Promise<Report> {
  const batch = batchNumber(text);
  const by = personName('--by', options.by);
  return inNameOf({ name: by, role: options.confirm ? 'approver' : 'operations' }, (office) =>
    options.confirm ? confirm(office, batch, by) : setDecree(office, batch, options.number, by),
  );
}

/**
 * Screens the selected again today and fills the places that fall free from the waiting list. Nobody else sets, confirms
 * or draws meanwhile: what is written is what the database then has.
 */
export function setDecree(office: Office, batch: number, number: string | undefined, by: string): Promise<Report> {
  const decree = decreeNumber(number);
  return alone(office, batch, () => setAlone(office, batch, decree, by));
}

async function setAlone(office: Office, batch: number, decree: string, by: string): Promise<Report> {
  const { db, database, config } = office;
  const found = await findBatch(db, batch);
  if ((found.state !== 'drawn' && found.state !== 'decreed') || !found.dir)
    throw refuse(`batch ${batch} is ${found.state}; it must be drawn, and its decree not confirmed`);
  const policy = await loadPolicy(db, found.policy_id);
  const { dir } = found;
  const { pool, result, rule, commitment_sha256, beacon, seed } = await drawnAgain(dir);
  const now = config.now();
  const listed = await listedInBatch(db, batch, listedOn(wibDate(now)));
  const participants = await participantsInDraw(db, batch);
  const screen = (id: string) => (participants.has(id) ? 'already_participant' : screenedOut(listed.get(id), policy));
  const lines = [...decreeLines(pool, result, rule, (index) => screen(registrationIdOf(pool, index)))];
  const set_by = (await hasOperators(db)) ? by : `${by} (${UNVERIFIED})`;
  const facts = { batch, commitment_sha256, decree, seed: seed.seed, set_at: now.toISOString(), set_by };
  const published = await publishDecree(db, { dir, pool, result, lines, facts });
  await storeDecree(database, { batch, number: decree, by }, join(dir, drawFile.decree), now);
  const { confirmed, removed, promoted, participants: named, free, annex_sha256 } = published;
  return done(
    { batch, decree, confirmed, removed, promoted, participants: named, free, annex_sha256, dir },
    `Decree ${decree}: ${confirmed} confirmed, ${removed} removed by today's lists or another decree, ${promoted} promoted in their place, ${free} places free.`,
    `The annex names ${named} participants: ${join(dir, decreeFile.annex)}, SHA-256 ${annex_sha256}, which ${decreeFile.page} prints.`,
    ...((await lacksProof(dir, beacon, seed.beacon_value)) ? [notProved(batch, beacon)] : []),
    `Another person confirms today: prakerja batch decree ${batch} --confirm --by OTHER`,
  );
}

/** The second pair of eyes: participants are set only here. */
export function confirm(office: Office, batch: number, by: string): Promise<Report> {
  return alone(office, batch, () => confirmAlone(office, batch, by));
}

async function confirmAlone(office: Office, batch: number, by: string): Promise<Report> {
  const { db, config } = office;
  const now = config.now();
  const key = await signingKey(db, config);
  const { participants, unproved } = await db.transaction().execute(async (tx) => {
    const row = await lockBatch(tx, batch, ['decreed']);
    if (isSamePerson(row.decreed_by ?? '', by)) throw refuse(`${by} set this decree; another person must confirm it`);
    await refuseOutdated(tx, row, now);
    const dir = row.dir as string;
    const known = await checkPublished(dir, { decree: row.decree, at: row.decreed_at });
    const unproved = await refuseUnproved(office, batch, dir);
    const policy = await loadPolicy(tx, row.policy_id);
    const participants = await confirmDecree(tx, batch, by, now, wibDate(now), entitlementIdr(policy));
    await signPublished(tx, key, dir, 'decree', known);
    return { participants, unproved };
  });
  return done(
    { batch, state: 'confirmed', participants },
    `Batch ${batch}: ${participants} people are participants by decree.`,
    ...unproved,
  );
}

/** @throws exit 2 when the lists of another day were screened by, or whoever set it could be anybody */
async function refuseOutdated(tx: Tx, row: Awaited<ReturnType<typeof lockBatch>>, now: Date): Promise<void> {
  const screened = wibDate(row.decreed_at as Date);
  if (screened !== wibDate(now))
    throw refuse(
      `the decree of batch ${row.batch} was screened on ${screened}, and lists may have changed: set it again today`,
    );
  if (!row.decreed_verified && (await hasOperators(tx)))
    throw refuse(
      `the decree of batch ${row.batch} was set under a name that was not verified, so whoever confirms may have set it: set it again, with a token`,
    );
}

/** @returns what to say of a value without proof @throws exit 2 in production, for whoever gave it could have chosen it */
async function refuseUnproved({ config }: Office, batch: number, dir: string): Promise<readonly string[]> {
  const { commitment } = await readCommitment(dir);
  const value = (await readSeed(dir))?.beacon_value ?? '';
  if (!(await lacksProof(dir, commitment.beacon, value))) return [];
  const sentence = notProved(batch, commitment.beacon);
  if (config.production) throw refuse(`the decree of batch ${batch} is not confirmed. ${sentence}`);
  return [sentence];
}

async function drawnAgain(dir: string) {
  const committed = await readCommitment(dir);
  const rule = committed.commitment.policy;
  const { pool } = await readPool(dir, rule);
  const { quota } = await readQuota(dir);
  const seed = await readSeed(dir);
  if (!seed) throw refuse(`${join(dir, drawFile.seed)} is missing`);
  const result = draw(pool, quota, rule, seedOf(committed.bytesWithoutLf, seed.beacon_value));
  return { pool, result, rule, commitment_sha256: committed.sha256, beacon: committed.commitment.beacon, seed };
}

/** @throws exit 2 when it is missing, too long, or could not be printed on the decree's page */
function decreeNumber(number: string | undefined): string {
  const decree = number?.trim() ?? '';
  if (decree === '' || decree.length > 100) throw refuse("--number must give the decree's number");
  if (!isPrintable(decree)) throw refuse('--number must be of Latin letters, digits and signs: its page has no others');
  return decree;
}

function screenedOut(lists: readonly string[] | undefined, policy: Policy): string | undefined {
  return lists && screened(lists as readonly ExclusionList[], policy.layer3);
}
