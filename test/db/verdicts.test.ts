import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { countRequeue, type RequeueFilter, requeue } from '../../db/requeue.ts';
import { cancelRun, currentRun, startRun, storePolicy } from '../../db/run.ts';
import { stageCounts } from '../../db/status.ts';
import { touch } from '../../db/touch.ts';
import { openUndecided } from '../../db/undecided.ts';
import { saveVerdicts } from '../../db/verdicts.ts';
import type { Chunk } from '../../jobs/chunk.ts';
import { builtinPolicy } from '../../jobs/policy.ts';
import type { ChunkVerdictStage } from '../../jobs/stages.ts';
import { passed, type Verdict, verdict } from '../../jobs/verdict.ts';
import { chunkRow } from '../helpers/chunks.ts';
import { testDatabase } from '../helpers/database.ts';
import { clear, decided, HEADER, importer, line, touched, values } from '../helpers/import.ts';

const database = await testDatabase();
const { db } = database;
const load = importer(database);
const NOW = new Date('2020-09-15T12:00:00+07:00');
const PEOPLE = ['R1', 'R2', 'R3'];

beforeEach(async () => {
  await clear(database);
  const lines = PEOPLE.map((registration_id, i) =>
    line({ registration_id, nik: `327301150590000${i + 1}`, province_code: i === 0 ? '31' : '32' }),
  );
  await load('registrations', `${HEADER}\n${lines.join('\n')}\n`);
  await sql`insert into people (nik, standing, registrations) select nik, reg, 1 from registrations`.execute(db);
  await sql`update chunks set state = 'cancelled'`.execute(db);
  await decided(database, 'dedupe');
});

const regOf = async (id: string) =>
  (await db.selectFrom('registrations').select('reg').where('registration_id', '=', id).executeTakeFirstOrThrow()).reg;

/** Saves decisions of one stage, as its chunk would; `before` is what the database says. */
async function save(stage: ChunkVerdictStage, decisions: Record<string, Verdict>) {
  return db.transaction().execute(async (tx) => {
    const chunk: Chunk = {
      chunkId: '7',
      runId: '1',
      stage,
      lo: '1',
      hi: '9',
      regs: null,
      subject: null,
      policyId: 1,
      token: '1',
      attempt: 1,
    };
    const rows = [];
    for (const [id, made] of Object.entries(decisions)) {
      const reg = await regOf(id);
      const found = await sql<{ before: string }>`
        select outcome || '.' || reason as before from ${sql.table(`verdicts_${stage}`)} where reg = ${reg}`.execute(
        tx,
      );
      rows.push({ reg, verdict: made, before: found.rows[0]?.before ?? null });
    }
    return saveVerdicts(tx, stage, chunk, rows);
  });
}

const standing = () =>
  values(
    database,
    `select concat(registration_id, ' ', stage, ' ', outcome, ' ', reason) from verdicts join registrations using (reg)
  where stage <> 'dedupe' order by registration_id, array_position(array['email', 'dukcapil', 'layer3'], stage)`,
  );
const history = () =>
  values(
    database,
    `select concat(registration_id, ' ', stage, ' ', outcome, ' ', h.why) from verdict_history h join registrations using (reg) order by 1`,
  );
const openChunksOf = (stage: string) =>
  values(database, `select concat(lo, '-', hi) from chunks where stage = '${stage}' and state = 'ready' order by 1`);

describe('saving verdicts', () => {
  it('new ones are counted, and whoever passed goes on', async () => {
    const counts = await save('email', {
      R1: passed(),
      R2: verdict('email_hard_bounce'),
      R3: verdict('email_deferred', '', NOW),
    });
    expect(counts).toEqual({ passed: 1, rejected: 1, waiting: 1, parked: 0 });
    const reg = await regOf('R1');
    expect(await openChunksOf('dukcapil')).toEqual([`${reg}-${reg}`]);
    expect(await standing()).toEqual([
      'R1 email passed ',
      'R2 email rejected email_hard_bounce',
      'R3 email waiting email_deferred',
    ]);
  });

  it('a changed one goes to history and takes the later ones with it', async () => {
    await save('email', { R1: passed(), R2: passed() });
    await save('dukcapil', { R1: passed(), R2: passed() });
    await save('layer3', { R1: passed(), R2: verdict('phone_unverified') });
    const counts = await save('email', { R1: verdict('email_complained'), R2: passed('suggest gmail.com') });
    expect(counts).toEqual({ passed: 0, rejected: 1, waiting: 0, parked: 0 });
    expect(await standing()).toEqual([
      'R1 email rejected email_complained',
      'R2 email passed ',
      'R2 dukcapil passed ',
      'R2 layer3 waiting phone_unverified',
    ]);
    expect(await history()).toEqual([
      'R1 dukcapil passed email no longer passed',
      'R1 email passed decided again',
      'R1 layer3 passed email no longer passed',
    ]);
  });

  it('the same one again changes nothing but when it is due', async () => {
    await save('email', { R1: verdict('email_deferred', '', NOW) });
    const before = await values(database, 'select decided_at::text from verdicts_email');
    const later = new Date(NOW.getTime() + 3_600_000);
    expect(await save('email', { R1: verdict('email_deferred', '', later) })).toEqual({
      passed: 0,
      rejected: 0,
      waiting: 0,
      parked: 0,
    });
    expect(await values(database, 'select decided_at::text from verdicts_email')).toEqual(before);
    expect(await values(database, 'select due_at from verdicts_email')).toEqual([later]);
    expect(await history()).toEqual([]);
  });

  it('a rejection has dedupe look at a person with several registrations, and at nobody else', async () => {
    await sql`update people set registrations = 2 where standing = ${await regOf('R2')}`.execute(db);
    await save('email', { R1: verdict('email_hard_bounce'), R2: verdict('email_hard_bounce') });
    expect(await touched(database)).toEqual(['dedupe R2']);
    expect(await openChunksOf('dedupe')).toEqual(['0-0']);
  });

  it.each([
    ['a rejection without a reason', `('rejected', '', null)`],
    ['a pass with one', `('passed', 'under_age', null)`],
    ['a rejection that is due', `('rejected', 'under_age', now())`],
    ['an outcome that does not exist', `('perhaps', 'under_age', null)`],
  ])('the database refuses %s', async (_, row) => {
    const insert = `insert into verdicts_layer3 (reg, outcome, reason, due_at, policy_id, chunk_id) select 1, o, r, d::timestamptz, 1, 1 from (values ${row}) as v (o, r, d)`;
    await expect(sql.raw(insert).execute(db)).rejects.toMatchObject({ code: '23514' });
  });

  it('a worker that lost its lease to a withdrawal cannot save', async () => {
    await save('email', { R1: passed() });
    const id = String(
      (await values(database, `select chunk_id from chunks where stage = 'dukcapil' and state = 'ready'`))[0],
    );
    await sql`update chunks set state = 'running', lease_until = clock_timestamp() + interval '1 minute', token = 4 where chunk_id = ${id}`.execute(
      db,
    );
    await save('email', { R1: verdict('email_complained') });
    expect(await chunkRow(database, id)).toMatchObject({ state: 'ready', token: '5', lease_until: null });
  });
});

describe('deciding again', () => {
  const again = (id: string, fresh = false) =>
    db
      .transaction()
      .execute(async (tx) =>
        touch(tx, 'email', sql`select reg from registrations where registration_id = ${id}`, fresh),
      );

  it('concerns those who were decided there, once', async () => {
    await save('email', { R1: passed() });
    expect([await again('R1'), await again('R2')]).toEqual([1, 0]);
    expect(await again('R1', true)).toBe(1);
    expect(await again('R1')).toBe(1);
    expect(await touched(database)).toEqual(['email R1 fresh']);
    expect(await openChunksOf('email')).toHaveLength(1);
  });

  it('leaves people in a frozen pool alone', async () => {
    await save('email', { R1: passed() });
    await sql`update people set pool_batch = 1`.execute(db);
    expect(await again('R1')).toBe(0);
  });

  it('by operators: only reasons that may, by province and time; asked afresh', async () => {
    await save('email', { R1: verdict('email_hard_bounce'), R2: verdict('email_hard_bounce'), R3: passed() });
    const filter: RequeueFilter = { stage: 'email', reason: null, province: null, since: null, until: null, run: null };
    expect(await countRequeue(db, filter)).toBe(2);
    expect(await countRequeue(db, { ...filter, province: '31' })).toBe(1);
    expect(await countRequeue(db, { ...filter, reason: 'email_deferred' })).toBe(0);
    expect(await countRequeue(db, { ...filter, until: new Date(0) })).toBe(0);
    expect(await countRequeue(db, { ...filter, since: new Date(0), until: new Date(Date.now() + 60_000) })).toBe(2);
    await sql`update verdicts_dedupe set outcome = 'rejected', reason = 'duplicate_nik'`.execute(db);
    expect(await countRequeue(db, { ...filter, stage: 'dedupe' })).toBe(0);
    expect(await db.transaction().execute((tx) => requeue(tx, { ...filter, province: '31' }))).toBe(1);
    expect(await touched(database)).toEqual(['email R1 fresh']);
    expect(await standing()).toContain('R1 email rejected email_hard_bounce');
  });
});

describe('runs', () => {
  it('one is open; a new one takes over what is ready and not what runs', async () => {
    const policyId = await storePolicy(db, { ...builtinPolicy, name: 'another' });
    expect(await storePolicy(db, { ...builtinPolicy, name: 'another' })).toBe(policyId);
    await save('email', { R1: passed() });
    const first = await db.transaction().execute(currentRun);
    const second = await db.transaction().execute((tx) => startRun(tx, policyId));
    expect(await db.transaction().execute(currentRun)).toBe(second);
    expect(second).not.toBe(first);
    expect(await values(database, `select distinct run_id from chunks where state = 'ready'`)).toEqual([second]);
    expect(await values(database, `select state from runs order by run_id`)).toEqual(['done', 'running']);
  });

  it('a cancelled one gives its chunks back; the next opens what is undecided, whatever was left behind', async () => {
    await save('email', { R1: passed() });
    await sql`insert into chunks (run_id, stage, lo, hi, state, attempt) select min(run_id), 'email', 1, 9, 'failed', 6 from runs`.execute(
      db,
    );
    expect(await db.transaction().execute(cancelRun)).toBeGreaterThan(0);
    expect(await values(database, `select 1 from chunks where state in ('ready', 'failed')`)).toEqual([]);
    await db.transaction().execute(async (tx) => openUndecided(tx, await currentRun(tx)));
    const [r1, r2, r3] = await Promise.all(PEOPLE.map(regOf));
    expect(await openChunksOf('dukcapil')).toEqual([`${r1}-${r1}`]);
    expect(await openChunksOf('email')).toEqual([`${r2}-${r3}`]);
    expect((await stageCounts(db)).email).toEqual({
      in: 3,
      passed: 1,
      rejected: 0,
      waiting: 0,
      parked: 0,
      undecided: 2,
    });
    await db.transaction().execute(async (tx) => openUndecided(tx, await currentRun(tx)));
    expect(await openChunksOf('email')).toHaveLength(1);
  });

  it('failed chunks get their tries again, and at once', async () => {
    await sql`update chunks set state = 'failed', attempt = 6, error = 'x', not_before = clock_timestamp() + interval '1 hour'`.execute(
      db,
    );
    await db.transaction().execute(async (tx) => openUndecided(tx, await currentRun(tx)));
    expect(
      await values(
        database,
        `select distinct concat(attempt, ' ', not_before <= clock_timestamp()) from chunks where state = 'ready'`,
      ),
    ).toEqual(['0 t']);
  });
});
