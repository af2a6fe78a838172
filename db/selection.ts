import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { refuse } from '../jobs/errors.ts';
import { audit } from './audit.ts';
import { lockBatch } from './batch.ts';
import type { Database, Tx } from './connection.ts';
import { fillTable } from './fill.ts';
import { isVerified } from './operators.ts';
import { plan } from './plan.ts';
import { withSession } from './session.ts';

/** pool.csv as COPY gives it, in pieces: `registration_id,province_code,track,score,kk_token,kk_prior`, sorted bytewise. */
export async function* poolPieces({ pool }: Database, batch: number): AsyncGenerator<Uint8Array> {
  const client = await pool.connect();
  try {
    yield* client.query(
      copyTo(`copy (select r.registration_id, p.province_code, p.track, p.score, nullif(p.kk_token, ''), p.kk_prior
        from pool p join registrations r on r.reg = p.reg where p.batch = ${batch} order by r.registration_id collate "C")
        to stdout with (format csv)`),
    );
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

export interface NewCommitment {
  readonly dir: string;
  readonly beacon: string;
  readonly sha256: string;
  readonly attempt: number;
  /** The commitment that stood when this one was begun: null, or the SHA-256 of the attempt before. */
  readonly previous: string | null;
}

/**
 * Remembers what was committed to: from now on the pool's files are public.
 * @throws exit 2 when the batch is no longer closed, or another commitment was made meanwhile
 */
export async function storeCommitment(tx: Tx, batch: number, made: NewCommitment): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('batches')
    .set({ dir: made.dir, beacon: made.beacon, commitment_sha256: made.sha256, attempt: made.attempt })
    .where('batch', '=', batch)
    .where('state', '=', 'closed')
    .where('attempt', '=', Math.max(1, made.attempt - 1))
    .where(sql<boolean>`commitment_sha256 is not distinct from ${made.previous}`)
    .executeTakeFirst();
  if (numUpdatedRows === 0n)
    throw refuse(`batch ${batch} has another commitment, or another state, since a moment ago: "batch show ${batch}"`);
}

/**
 * The numbers of a batch's pool as COPY gives them, in pieces: `registration_id,reg`, in the order of pool.csv. Asked for
 * before the draw is computed, the server sorts meanwhile.
 */
export async function* poolNumbers({ pool }: Database, batch: number): AsyncGenerator<Uint8Array> {
  const client = await pool.connect();
  let whole = false;
  try {
    yield* client.query(
      copyTo(`copy (select r.registration_id, p.reg from pool p join registrations r on r.reg = p.reg
        where p.batch = ${batch} order by r.registration_id collate "C") to stdout with (format csv)`),
    );
    whole = true;
  } finally {
    client.release(!whole);
  }
}

export interface DrawnBatch {
  readonly batch: number;
  /** SHA-256 of the commitment that was drawn. */
  readonly commitment_sha256: string;
  readonly by: string;
  readonly note: string;
}

/**
 * Takes a draw into the database: closed becomes drawn. Nothing is ever drawn over.
 * @param lines `batch,rank,reg,decision`, by rank
 * @throws exit 2 when the batch is not closed, or has another commitment
 */
export function storeSelections(
  database: Database,
  { batch, commitment_sha256, by, note }: DrawnBatch,
  lines: Iterable<Uint8Array>,
  now: Date,
): Promise<void> {
  return withSession(database, async (tx, client) => {
    const row = await lockBatch(tx, batch, ['closed']);
    if (row.commitment_sha256 !== commitment_sha256)
      throw refuse(`batch ${batch} has another commitment than the one that was drawn`);
    const copy = () =>
      pipeline(Readable.from(lines), client.query(copyFrom('copy selections from stdin with (format csv)')));
    await fillTable(tx, 'selections', copy);
    await sql`analyze selections`.execute(tx);
    await tx.updateTable('batches').set({ state: 'drawn', drawn_at: now }).where('batch', '=', batch).execute();
    await audit(tx, { who: by, action: 'batch draw', subject: `batch ${batch}`, note });
  });
}

async function copyFile(client: pg.ClientBase, table: string, path: string): Promise<void> {
  await pipeline(createReadStream(path), client.query(copyFrom(`copy ${table} from stdin with (format csv)`)));
}

export interface Decree {
  readonly batch: number;
  readonly number: string;
  readonly by: string;
}

/** Takes decree.csv into the database: drawn becomes decreed, and another person has to confirm. Until then it can be set again. */
export function storeDecree(
  database: Database,
  { batch, number, by }: Decree,
  decreeFile: string,
  now: Date,
): Promise<void> {
  return withSession(database, async (tx, client) => {
    await lockBatch(tx, batch, ['drawn', 'decreed']);
    await sql`delete from decree_lines where batch = ${batch}`.execute(tx);
    await sql`create temp table decree (line bigint generated always as identity, registration_id text collate "C", decision text, reason text, replaces text collate "C") on commit drop`.execute(
      tx,
    );
    await copyFile(client, 'decree (registration_id, decision, reason, replaces)', decreeFile);
    await sql`
      insert into decree_lines (batch, number, reg, decision, reason, replaces)
      select ${batch}, line, r.reg, decision, coalesce(reason, ''), o.reg
      from decree d join registrations r using (registration_id)
      left join registrations o on o.registration_id = d.replaces order by line`.execute(tx);
    await sql`analyze decree_lines`.execute(tx);
    const verified = await isVerified(tx, by);
    await tx
      .updateTable('batches')
      .set({ state: 'decreed', decree: number, decreed_by: by, decreed_verified: verified, decreed_at: now })
      .where('batch', '=', batch)
      .execute();
    await audit(tx, { who: by, verified, action: 'batch decree', subject: `batch ${batch}`, note: number });
  });
}

/**
 * Sets the decreed people as participants, with what is set aside for each (rupiah); returns how many. The primary key refuses anybody who is or was one.
 * @throws exit 2 when another decree came first
 */
export async function confirmDecree(
  tx: Tx,
  batch: number,
  by: string,
  now: Date,
  announcedOn: string,
  entitlement_idr: number,
): Promise<number> {
  // One after the other over all batches: who is missing among the participants now must be so when they are inserted.
  await sql`select pg_advisory_xact_lock(hashtext('prakerja decree confirm'))`.execute(tx);
  const { rows } = await sql<{ n: number }>`
    select count(*)::int4 as n from decree_lines d join pool q on q.batch = d.batch and q.reg = d.reg join participants p on p.nik = q.nik
    where d.batch = ${batch} and d.decision in ('confirmed', 'promoted')`.execute(tx);
  if (rows[0]?.n)
    throw refuse(
      `${rows[0].n} people of this decree take part already, by that of another batch: set the decree of batch ${batch} again`,
    );
  const { numAffectedRows } = await sql`
    insert into participants (nik, reg, batch, decree, state, confirmed_at, announced_on, entitlement_idr)
    select q.nik, d.reg, d.batch, b.decree, 'participant', ${now}, ${announcedOn}, ${entitlement_idr}
    from decree_lines d join batches b on b.batch = d.batch join pool q on q.batch = d.batch and q.reg = d.reg
    where d.batch = ${batch} and d.decision in ('confirmed', 'promoted')`.execute(tx);
  await sql`analyze participants`.execute(tx);
  const verified = await isVerified(tx, by);
  await tx
    .updateTable('batches')
    .set({ state: 'confirmed', confirmed_by: by, confirmed_verified: verified, confirmed_at: now })
    .where('batch', '=', batch)
    .execute();
  await audit(tx, {
    who: by,
    verified,
    action: 'batch decree confirm',
    subject: `batch ${batch}`,
    note: `${numAffectedRows} participants`,
  });
  return Number(numAffectedRows);
}

/** The lists of today for everybody in a batch's draw who is on one, by registration_id. */
export async function listedInBatch(
  tx: Tx | Database['db'],
  batch: number,
  listed: ReturnType<typeof sql>,
): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ id: string; listed: string[] }>`
    select registration_id as id, listed from (
      select r.registration_id, ${listed} as listed from selections s join registrations r on r.reg = s.reg where s.batch = ${batch}) q
    where cardinality(listed) > 0`.execute(tx);
  return new Map(rows.map((row) => [row.id, row.listed]));
}

/** The registrations of a batch's draw whose person takes part, or took part, in another batch. */
export async function participantsInDraw(tx: Tx | Database['db'], batch: number): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select r.registration_id as id from pool q join participants p on p.nik = q.nik join registrations r on r.reg = q.reg
    where q.batch = ${batch}`.execute(tx);
  return new Set(rows.map((row) => row.id));
}

/**
 * The NIKs, 16 digits, of people in a batch's pool by registration_id. For thousands at once, not for all: memory stays flat.
 * By key: left to itself, the planner read the whole nation for every page of 10,000.
 */
export function niksInPool(
  db: Database['db'],
  batch: number,
  registrationIds: readonly string[],
): Promise<Map<string, string>> {
  return db.transaction().execute(async (tx) => {
    await plan(tx, 'pick');
    const { rows } = await sql<{ id: string; nik: string }>`
      select r.registration_id as id, lpad(q.nik::text, 16, '0') as nik
      from unnest(${registrationIds}::text[]) wanted (id) join registrations r on r.registration_id = wanted.id
      join pool q on q.batch = ${batch} and q.reg = r.reg`.execute(tx);
    return new Map(rows.map(({ id, nik }) => [id, nik]));
  });
}
