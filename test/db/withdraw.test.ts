import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { claim, complete, holdFence } from '../../db/chunk.ts';
import { withdraw } from '../../db/touch.ts';
import { saveVerdicts } from '../../db/verdicts.ts';
import type { Chunk } from '../../jobs/chunk.ts';
import { passed } from '../../jobs/verdict.ts';
import { addChunk } from '../helpers/chunks.ts';
import { testDatabase } from '../helpers/database.ts';
import { decided, HEADER, importer, line, values } from '../helpers/import.ts';

const database = await testDatabase();
const { db } = database;

/** Resolves when some session waits for a lock that another holds. */
async function somebodyWaits(): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int4 as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      db,
    );
    if (rows[0]?.n) return;
  }
}

describe('withdrawing while a later stage is saving', () => {
  it('waits for the save and takes its new verdict as well', async () => {
    await importer(database)('registrations', `${HEADER}\n${line({ registration_id: 'R1' })}\n`);
    for (const stage of ['dedupe', 'email', 'dukcapil', 'layer3'] as const) await decided(database, stage);
    await sql`update verdicts_layer3 set outcome = 'waiting', reason = 'phone_unverified'`.execute(db);
    const { reg } = await db.selectFrom('registrations').select('reg').executeTakeFirstOrThrow();
    const chunk = (await claim(db, await addChunk(database, 'layer3', Number(reg), Number(reg)), 'w', 60)) as Chunk;
    let saved: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      saved = resolve;
    });
    let commit: () => void = () => undefined;
    const allowed = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const saving = db.transaction().execute(async (tx) => {
      expect(await holdFence(tx, chunk)).toBe(true);
      const counts = await saveVerdicts(tx, 'layer3', chunk, [
        { reg, verdict: passed(), before: 'waiting.phone_unverified' },
      ]);
      await complete(tx, chunk, counts);
      saved();
      await allowed;
    });
    await reached;
    const withdrawing = db
      .transaction()
      .execute((tx) => withdraw(tx, 'dukcapil', sql`select ${reg}::bigint as reg`, 'email no longer passed'));
    await somebodyWaits();
    commit();
    await Promise.all([saving, withdrawing]);
    expect(await values(database, 'select count(*) from verdicts_layer3')).toEqual(['0']);
    expect(await values(database, `select count(*) from verdict_history where stage = 'layer3'`)).toEqual(['2']);
  });
});
