import fc from 'fast-check';
import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { claim, openChunks, openRange } from '../../db/chunk.ts';
import { currentRun } from '../../db/run.ts';
import { stageSettings } from '../../jobs/stages.ts';
import { testDatabase } from '../helpers/database.ts';
import { clear, values } from '../helpers/import.ts';

const database = await testDatabase();
const { db } = database;
const LEASE_SECONDS = 60;
const SIZE = stageSettings.dukcapil.chunk_rows_max;

beforeEach(() => clear(database));

interface Row {
  readonly id: string;
  readonly lo: number;
  readonly hi: number;
  readonly regs: readonly string[] | null;
  readonly state: string;
  readonly again: boolean;
}

async function openRows(): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select chunk_id as id, lo::int4 as lo, hi::int4 as hi, regs, state, again from chunks
    where state in ('ready', 'running') order by chunk_id`.execute(db);
  return rows;
}

/** Opens chunks for these registrations, as a save or an import would. */
function open(regs: readonly number[]): Promise<number> {
  return db
    .transaction()
    .execute(async (tx) =>
      openChunks(tx, await currentRun(tx), 'dukcapil', sql`select unnest(${regs}::bigint[]) as reg`),
    );
}

const holds = ({ lo, hi, regs }: Row, reg: number) =>
  regs === null ? lo <= reg && reg <= hi : regs.includes(String(reg));

/** The naive model: each wanted one that no open chunk held is in one new chunk, and the old chunks that held some go again. */
async function expectOpened(wanted: readonly number[], before: readonly Row[]): Promise<void> {
  const after = await openRows();
  const old = new Set(before.map((row) => row.id));
  const made = after.filter((row) => !old.has(row.id));
  for (const reg of new Set(wanted)) {
    const holders = after.filter((row) => holds(row, reg));
    expect(holders.length, `registration ${reg}`).toBeGreaterThanOrEqual(1);
    if (!before.some((row) => holds(row, reg))) expect(made.filter((row) => holds(row, reg))).toHaveLength(1);
  }
  for (const row of after.filter(({ id }) => old.has(id))) {
    const was = before.find(({ id }) => id === row.id);
    expect(row.again).toBe((was?.again ?? false) || wanted.some((reg) => holds(row, reg)));
  }
  for (const row of made) {
    expect(wanted.filter((reg) => holds(row, reg)).length).toBeGreaterThan(0);
    expect(row.regs?.length ?? 0).toBeLessThanOrEqual(SIZE);
    // What is new covers nobody whom an older chunk holds: nobody is decided by two at once.
    for (const other of before) for (const reg of wanted) expect(holds(row, reg) && holds(other, reg)).toBe(false);
  }
  const ranges = after.filter((row) => row.regs === null).sort((a, b) => a.lo - b.lo);
  for (const [i, row] of ranges.entries()) expect(row.lo).toBeGreaterThan(ranges[i - 1]?.hi ?? -1);
}

const cluster = fc.record({
  from: fc.nat(3000),
  count: fc.integer({ min: 1, max: 900 }),
  gap: fc.integer({ min: 1, max: 6 }),
});
const wanted = fc
  .array(cluster, { minLength: 1, maxLength: 3 })
  .map((clusters) => [
    ...new Set(clusters.flatMap(({ from, count, gap }) => Array.from({ length: count }, (_, i) => from + i * gap))),
  ]);

describe('openChunks', () => {
  it('everybody wanted is in an open chunk, ranges never overlap, whoever was held goes again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(wanted, fc.nat(3)), { minLength: 1, maxLength: 5 }), async (rounds) => {
        await clear(database);
        for (const [regs, taken] of rounds) {
          const before = await openRows();
          await open(regs);
          await expectOpened(regs, before);
          // Workers go on meanwhile: some chunks are claimed, some are done.
          const ready = (await openRows()).filter((row) => row.state === 'ready');
          for (const row of ready.slice(0, taken)) await claim(db, row.id, 'w', LEASE_SECONDS);
          await sql`update chunks set state = 'done', lease_until = null, n_in = 0, n_passed = 0, n_rejected = 0, n_waiting = 0, n_parked = 0
            where chunk_id = (select max(chunk_id) from chunks where state = 'running')`.execute(db);
        }
      }),
      { numRuns: 20 },
    );
  }, 120_000);

  it('chunks hold at most the stage’s size, in order', async () => {
    expect(await open(Array.from({ length: 2 * SIZE + 1 }, (_, i) => i + 1))).toBe(3);
    expect(await values(database, `select lo || '-' || hi from chunks order by lo`)).toEqual([
      `1-${SIZE}`,
      `${SIZE + 1}-${2 * SIZE}`,
      `${2 * SIZE + 1}-${2 * SIZE + 1}`,
    ]);
  });

  it('people who stand far apart are named, not spanned', async () => {
    await open([1, 1000, 1_000_000]);
    expect((await openRows()).map(({ regs }) => regs)).toEqual([['1', '1000', '1000000']]);
  });

  it('a range never spans somebody whom an open chunk names', async () => {
    await open([0, 5, 10, 15, 20]);
    await open([1, 2, 3, 4, 6]);
    expect((await openRows()).filter((row) => holds(row, 5))).toHaveLength(1);
  });

  it('nobody wanted opens nothing, and the same ones twice open nothing new', async () => {
    expect(await open([])).toBe(0);
    expect(await open([5, 6, 7])).toBe(1);
    expect(await open([6])).toBe(0);
    expect(await openRows()).toMatchObject([{ lo: 5, hi: 7, again: true }]);
  });

  it('two that open at once open everybody once', async () => {
    const regs = Array.from({ length: 2 * SIZE }, (_, i) => i + 1);
    await Promise.all([open(regs), open(regs), open(regs)]);
    const rows = await openRows();
    for (const reg of [1, SIZE, SIZE + 1, 2 * SIZE]) expect(rows.filter((row) => holds(row, reg))).toHaveLength(1);
  });
});

describe('openRange', () => {
  const openSpan = (lo: number, hi: number, count = hi - lo + 1) =>
    db
      .transaction()
      .execute(async (tx) =>
        openRange(tx, await currentRun(tx), 'dukcapil', { lo: String(lo), hi: String(hi), count }),
      );

  it('chunks of the stage’s size over all of it', async () => {
    expect(await openSpan(5, SIZE + 9)).toBe(true);
    expect((await openRows()).map(({ lo, hi }) => [lo, hi])).toEqual([
      [5, SIZE + 4],
      [SIZE + 5, SIZE + 9],
    ]);
  });

  it.each([
    ['a range that ends in it', [1, 2, 3, 4, 5]],
    ['named ones of which one is in it', [2, 500, 900]],
  ])('opens nothing over %s', async (_, regs) => {
    await open(regs);
    expect(await openSpan(5, 600)).toBe(false);
    expect(await openRows()).toHaveLength(1);
  });

  it('named ones around it do no harm', async () => {
    await open([2, 500, 900]);
    expect(await openSpan(501, 600)).toBe(true);
  });

  it('a thin range is refused: most of it would be read in vain', async () => {
    expect(await openSpan(1, 100, 24)).toBe(false);
    expect(await openSpan(1, 100, 25)).toBe(true);
  });
});
