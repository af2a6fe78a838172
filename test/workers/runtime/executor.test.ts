import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { claim, holdFence, putBackExpired, renew, split } from '../../../db/chunk.ts';
import type { Tx } from '../../../db/connection.ts';
import { type Chunk, type Counts, noCounts } from '../../../jobs/chunk.ts';
import { CHUNK_ATTEMPTS_MAX } from '../../../jobs/stages.ts';
import { type AnyStage, execute } from '../../../workers/runtime/executor.ts';
import { createLog } from '../../../workers/runtime/log.ts';
import { addChunk, chunkRow } from '../../helpers/chunks.ts';
import { testDatabase } from '../../helpers/database.ts';
import { clear, values } from '../../helpers/import.ts';

const database = await testDatabase();
const { db } = database;
const LEASE_SECONDS = 60;
const NOW = new Date('2020-09-15T12:00:00+07:00');

beforeEach(() => clear(database));

/** A stage that does what a test says; it marks a save in `settings`, in the fenced transaction. */
function stageOf(parts: {
  ask?: (signal: AbortSignal) => Promise<void>;
  save?: (tx: Tx) => Promise<void>;
  counts?: Counts;
  rows_max?: number;
}): AnyStage {
  return {
    kind: 'chunk',
    name: 'email',
    ...(parts.rows_max !== undefined && { rows_max: parts.rows_max }),
    load: async () => [],
    ask: async (_db, _loaded, _intent, { signal }) => parts.ask?.(signal),
    decide: () => undefined,
    save: async (tx, chunk) => {
      await sql`insert into settings (key, value) values (${`saved ${chunk.chunkId}`}, '') on conflict do nothing`.execute(
        tx,
      );
      await parts.save?.(tx);
      return parts.counts ?? noCounts();
    },
    park: async () => noCounts(),
  };
}

const saved = () => values(database, `select key from settings where key like 'saved%' order by 1`);
const context = (stopping = new AbortController().signal) => ({
  db,
  log: createLog('silent'),
  now: () => NOW,
  stopping,
});

function claimed(chunk: Chunk | undefined): Chunk {
  if (!chunk) throw new Error('the chunk was not to be had');
  return chunk;
}

describe('claim', () => {
  it('gives the next token to one worker; the second finds it gone', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    const chunk = await claim(db, id, 'a', LEASE_SECONDS);
    expect(chunk).toMatchObject({ chunkId: id, stage: 'email', lo: '1', hi: '9', token: '1', attempt: 1 });
    expect(await claim(db, id, 'b', LEASE_SECONDS)).toBeUndefined();
    expect(await execute(context(), stageOf({}), id)).toBe('gone');
    expect(await saved()).toEqual([]);
  });

  it('of many at once, exactly one', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    const all = await Promise.all(Array.from({ length: 8 }, (_, i) => claim(db, id, `w${i}`, LEASE_SECONDS)));
    expect(all.filter(Boolean)).toHaveLength(1);
  });

  it('a chunk whose time has not come is left', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    await sql`update chunks set not_before = clock_timestamp() + interval '1 hour'`.execute(db);
    expect(await claim(db, id, 'a', LEASE_SECONDS)).toBeUndefined();
  });

  it('a set stage runs once at a time, whoever asks', async () => {
    const [one, two] = [await addChunk(database, 'dedupe', 1, 9), await addChunk(database, 'dedupe', 10, 19)];
    const running = claimed(await claim(db, one, 'a', LEASE_SECONDS));
    expect(await claim(db, two, 'b', LEASE_SECONDS)).toBeUndefined();
    await expect(
      sql`update chunks set state = 'running', lease_until = clock_timestamp() where chunk_id = ${two}`.execute(db),
    ).rejects.toThrow('chunks_one_set_stage_runs');
    await sql`update chunks set state = 'done', lease_until = null, n_in = 0, n_passed = 0, n_rejected = 0, n_waiting = 0, n_parked = 0
      where chunk_id = ${running.chunkId}`.execute(db);
    expect(await claim(db, two, 'b', LEASE_SECONDS)).toBeDefined();
  });
});

it('a wave that was turned away because another ran is enqueued again when that one ends', async () => {
  const [one, two] = [await addChunk(database, 'dedupe', 1, 9), await addChunk(database, 'dedupe', 10, 19)];
  await sql`update chunks set enqueued_at = clock_timestamp()`.execute(db);
  const stage: AnyStage = {
    kind: 'set',
    name: 'dedupe',
    run: async () => {
      expect(await execute(context(), stage, two)).toBe('gone');
      return noCounts();
    },
  };
  expect(await execute(context(), stage, one)).toBe('done');
  expect(await chunkRow(database, two)).toMatchObject({ state: 'ready', enqueued_at: null });
});

describe('the lease', () => {
  it('a worker whose lease ran out holds no fence, and neither does its renewal', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    const late = claimed(await claim(db, id, 'a', LEASE_SECONDS));
    expect(await renew(db, late, LEASE_SECONDS)).toBe(true);
    expect(await putBackExpired(db)).toBe(0);
    await sql`update chunks set lease_until = clock_timestamp()`.execute(db);
    expect(await putBackExpired(db)).toBe(1);
    expect(await renew(db, late, LEASE_SECONDS)).toBe(false);
    const next = claimed(await claim(db, id, 'b', LEASE_SECONDS));
    expect(Number(next.token)).toBeGreaterThan(Number(late.token));
    const holds = (chunk: Chunk) => db.transaction().execute((tx) => holdFence(tx, chunk));
    expect([await holds(late), await holds(next)]).toEqual([false, true]);
  });

  it('lost while asking: nothing is saved, and the chunk is the other one’s', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    const stage = stageOf({
      ask: async () => {
        await sql`update chunks set lease_until = clock_timestamp()`.execute(db);
        await putBackExpired(db);
        await claim(db, id, 'other', LEASE_SECONDS);
      },
    });
    expect(await execute(context(), stage, id)).toBe('gone');
    expect(await saved()).toEqual([]);
    expect(await chunkRow(database, id)).toMatchObject({ state: 'running', worker: 'other' });
  });
});

describe('what a chunk comes to', () => {
  it('done, with its counts', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    const counts = { passed: 3, rejected: 2, waiting: 1, parked: 0 };
    expect(await execute(context(), stageOf({ counts }), id)).toBe('done');
    expect(await saved()).toEqual([`saved ${id}`]);
    const row = {
      state: 'done',
      n_in: '6',
      n_passed: '3',
      n_rejected: '2',
      n_waiting: '1',
      n_parked: '0',
      lease_until: null,
      error: null,
    };
    expect(await chunkRow(database, id)).toMatchObject(row);
    expect(await execute(context(), stageOf({}), id)).toBe('gone');
  });

  it('ready once more when its range changed meanwhile; the counts add up', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    const counts = { passed: 1, rejected: 0, waiting: 0, parked: 0 };
    const touched = stageOf({ counts, ask: async () => void (await sql`update chunks set again = true`.execute(db)) });
    await execute(context(), touched, id);
    expect(await chunkRow(database, id)).toMatchObject({
      state: 'ready',
      again: false,
      enqueued_at: null,
      done_at: null,
    });
    await execute(context(), stageOf({ counts }), id);
    expect(await chunkRow(database, id)).toMatchObject({ state: 'done', n_in: '2', n_passed: '2' });
  });

  it('given back after an error, with what it said, and failed when its tries are used up', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    const full = Object.assign(new Error('the disk is full'), { code: '53100' });
    const broken = stageOf({ save: () => Promise.reject(full) });
    for (let attempt = 1; attempt <= CHUNK_ATTEMPTS_MAX; attempt++) {
      await expect(execute(context(), broken, id)).rejects.toThrow('the disk is full');
      const state = attempt < CHUNK_ATTEMPTS_MAX ? 'ready' : 'failed';
      expect(await chunkRow(database, id)).toMatchObject({
        state,
        attempt,
        error: 'the disk is full',
        enqueued_at: null,
      });
      // It is not had again at once: its next try waits. Time goes by.
      expect(await execute(context(), stageOf({}), id)).toBe('gone');
      await sql`update chunks set not_before = clock_timestamp()`.execute(db);
    }
    expect(await saved()).toEqual([]);
    expect(await execute(context(), stageOf({}), id)).toBe('gone');
  });

  it('handed back by a process that stops; the try does not count', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    const stopping = new AbortController();
    const stage = stageOf({
      ask: async (signal) => {
        stopping.abort();
        expect(signal.aborted).toBe(true);
      },
    });
    expect(await execute(context(stopping.signal), stage, id)).toBe('handed back');
    expect(await saved()).toEqual([]);
    expect(await chunkRow(database, id)).toMatchObject({ state: 'ready', attempt: 0, enqueued_at: null });
    expect(await execute(context(stopping.signal), stageOf({}), id)).toBe('handed back');
    expect(await chunkRow(database, id)).toMatchObject({ state: 'ready', token: '1' });
  });

  it('saved again when PostgreSQL ended the save as a deadlock’s victim', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    let [asked, tries] = [0, 0];
    const stage = stageOf({
      ask: async () => void asked++,
      save: async (tx) => {
        if (++tries < 3) await sql`do $$ begin raise exception 'deadlock' using errcode = '40P01'; end $$`.execute(tx);
      },
    });
    expect(await execute(context(), stage, id)).toBe('done');
    expect([asked, tries]).toEqual([1, 3]);
  });
});

describe('the database refuses', () => {
  it.each([
    [
      'a done chunk whose counts do not add up',
      `state = 'done', n_in = 2, n_passed = 1, n_rejected = 0, n_waiting = 0, n_parked = 0`,
    ],
    ['a running chunk without a lease', `state = 'running'`],
    ['a lease of a chunk that does not run', `lease_until = clock_timestamp()`],
    ['a range that ends before it begins', `hi = lo - 1`],
    ['a state that does not exist', `state = 'lost'`],
  ])('%s', async (_, change) => {
    await addChunk(database, 'email', 1, 9);
    await expect(sql.raw(`update chunks set ${change}`).execute(db)).rejects.toMatchObject({ code: '23514' });
  });

  it('a done chunk without counts', async () => {
    await addChunk(database, 'email', 1, 9);
    await expect(sql`update chunks set state = 'done'`.execute(db)).rejects.toMatchObject({ code: '23514' });
  });
});

describe('a chunk larger than its stage takes at a time', () => {
  const pieces = () =>
    values(
      database,
      `select lo || '-' || hi || ' ' || state || coalesce(' ' || regs::text, '') from chunks order by lo`,
    );

  it('a range is split: the first part is worked on, the rest is open for others before it is done', async () => {
    const id = await addChunk(database, 'email', 1, 10);
    let told = 0;
    const stage = stageOf({ rows_max: 4, ask: async () => expect(await pieces()).toHaveLength(3) });
    await execute({ ...context(), opened: () => told++ }, stage, id);
    expect(await pieces()).toEqual(['1-4 done', '5-8 ready', '9-10 ready']);
    expect(told).toBe(1);
  });

  it('named registrations are split by number, wherever they lie', async () => {
    const id = await addChunk(database, 'email', 3, 90);
    await sql`update chunks set regs = '{3,7,20,50,90}'`.execute(db);
    await execute(context(), stageOf({ rows_max: 2 }), id);
    expect(await pieces()).toEqual(['3-7 done {3,7}', '20-50 ready {20,50}', '90-90 ready {90}']);
  });

  it('one that fits is left whole', async () => {
    const id = await addChunk(database, 'email', 1, 4);
    await execute(context(), stageOf({ rows_max: 4 }), id);
    expect(await pieces()).toEqual(['1-4 done']);
  });

  it('one whose lease was lost meanwhile is not split', async () => {
    const chunk = claimed(await claim(db, await addChunk(database, 'email', 1, 10), 'a', LEASE_SECONDS));
    await sql`update chunks set token = token + 1`.execute(db);
    expect(await split(db, chunk, 4)).toBeUndefined();
    expect(await pieces()).toEqual(['1-10 running']);
  });
});
