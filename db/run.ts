import { sql } from 'kysely';
import { canonicalJson, type Json } from '../jobs/canonical.ts';
import type { Chunk } from '../jobs/chunk.ts';
import { builtinPolicy, checkPolicy, type Policy, policyVersion } from '../jobs/policy.ts';
import { handBack } from './chunk.ts';
import type { Db, Tx } from './connection.ts';

/** Stores a policy once per version; returns its number. */
export async function storePolicy(tx: Db | Tx, policy: Policy): Promise<number> {
  const version = policyVersion(policy);
  await tx
    .insertInto('policies')
    .values({ version, name: policy.name, body: canonicalJson(policy as Json) })
    .onConflict((conflict) => conflict.column('version').doNothing())
    .execute();
  const row = await tx
    .selectFrom('policies')
    .select('policy_id')
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  return row.policy_id;
}

export async function loadPolicy(db: Db | Tx, policyId: number): Promise<Policy> {
  const row = await db
    .selectFrom('policies')
    .select('body')
    .where('policy_id', '=', policyId)
    .executeTakeFirstOrThrow();
  return checkPolicy(row.body);
}

/** The policy a run gets when none is named: the latest opened batch's, else the built-in one (contract, section 4). */
export async function defaultPolicyId(tx: Db | Tx): Promise<number> {
  const batch = await tx
    .selectFrom('batches')
    .select('policy_id')
    .where('state', '<>', 'cancelled')
    .orderBy('opened_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return batch?.policy_id ?? (await storePolicy(tx, builtinPolicy));
}

/** One run is open at a time; every opener takes this lock first, so that two never open the same people twice. */
async function lockOpening(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('prakerja open'))`.execute(tx);
}

const OPEN = ['running', 'stopped'] as const;

/** The run that new chunks belong to: the open one (a stopped one too), else a new one under the default policy. */
export async function currentRun(tx: Tx): Promise<string> {
  await lockOpening(tx);
  const open = await tx.selectFrom('runs').select('run_id').where('state', 'in', OPEN).executeTakeFirst();
  if (open) return open.run_id;
  const policy_id = await defaultPolicyId(tx);
  const made = await tx.insertInto('runs').values({ policy_id }).returning('run_id').executeTakeFirstOrThrow();
  return made.run_id;
}

/**
 * The run of chunks that a save opens for what follows: the open one, else the chunk's own. Without the openers' lock:
 * what a save opens was in its own chunk, so nobody else can open it as well.
 */
export async function followingRun(tx: Tx, ownRunId: string): Promise<string> {
  const open = await tx.selectFrom('runs').select('run_id').where('state', 'in', OPEN).executeTakeFirst();
  return open?.run_id ?? ownRunId;
}

/** Starts a run under a policy. Chunks that are ready and not begun move over to it; running ones end under their own. */
export async function startRun(tx: Tx, policyId: number): Promise<string> {
  await lockOpening(tx);
  await tx
    .updateTable('runs')
    .set({ state: 'done', finished_at: sql`clock_timestamp()` })
    .where('state', 'in', OPEN)
    .execute();
  const made = await tx
    .insertInto('runs')
    .values({ policy_id: policyId })
    .returning('run_id')
    .executeTakeFirstOrThrow();
  await tx
    .updateTable('chunks')
    .set({ run_id: made.run_id })
    .where('state', '=', 'ready')
    .where('stage', 'in', ['dedupe', 'email', 'dukcapil', 'layer3'])
    .execute();
  return made.run_id;
}

/** Stops the open run, for a person to look at; the chunk that showed it is handed back. Begun chunks may end. */
export async function stopRun(db: Db, chunk: Chunk, why: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('runs')
      .set({ state: 'stopped', stopped_why: why })
      .where('run_id', '=', chunk.runId)
      .where('state', '=', 'running')
      .execute();
    await handBack(tx, chunk);
  });
}

/** Why the open run is stopped; undefined: it is not. */
export async function stoppedWhy(db: Db): Promise<string | undefined> {
  const run = await db.selectFrom('runs').select('stopped_why').where('state', '=', 'stopped').executeTakeFirst();
  return run?.stopped_why ?? undefined;
}

/** Cancels the open run: ready chunks are taken back, running ones may finish. Returns how many were taken back. */
export async function cancelRun(tx: Tx): Promise<number> {
  await lockOpening(tx);
  const taken = await tx
    .updateTable('chunks')
    .set({ state: 'cancelled' })
    .where('state', 'in', ['ready', 'failed'])
    .where('stage', 'in', ['dedupe', 'email', 'dukcapil', 'layer3'])
    .executeTakeFirst();
  await tx
    .updateTable('runs')
    .set({ state: 'cancelled', finished_at: sql`clock_timestamp()` })
    .where('state', 'in', OPEN)
    .execute();
  return Number(taken.numUpdatedRows);
}
