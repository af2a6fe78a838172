import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { claim } from '../../db/chunk.ts';
import { withdraw } from '../../db/touch.ts';
import { saveVerdicts } from '../../db/verdicts.ts';
import type { Chunk } from '../../jobs/chunk.ts';
import { passed } from '../../jobs/verdict.ts';
import { addChunk } from '../helpers/chunks.ts';
import { testDatabase } from '../helpers/database.ts';
import { decided, HEADER, importer, line, values } from '../helpers/import.ts';
import { openSave, somebodyWaits } from '../helpers/save.ts';

const database = await testDatabase();
const { db } = database;

describe('withdrawing while a later stage is saving', () => {
  it('waits for the save and takes its new verdict as well', async () => {
    await importer(database)('registrations', `${HEADER}\n${line({ registration_id: 'R1' })}\n`);
    for (const stage of ['dedupe', 'email', 'dukcapil', 'layer3'] as const) await decided(database, stage);
    await sql`update verdicts_layer3 set outcome = 'waiting', reason = 'phone_unverified'`.execute(db);
    const { reg } = await db.selectFrom('registrations').select('reg').executeTakeFirstOrThrow();
    const chunk = (await claim(db, await addChunk(database, 'layer3', Number(reg), Number(reg)), 'w', 60)) as Chunk;
    const saving = await openSave(database, chunk, (tx) =>
      saveVerdicts(tx, 'layer3', chunk, [{ reg, verdict: passed(), before: 'waiting.phone_unverified' }]),
    );
    const withdrawing = db
      .transaction()
      .execute((tx) => withdraw(tx, 'dukcapil', sql`select ${reg}::bigint as reg`, 'email no longer passed'));
    await somebodyWaits(database);
    await Promise.all([saving.commit(), withdrawing]);
    expect(await values(database, 'select count(*) from verdicts_layer3')).toEqual(['0']);
    expect(await values(database, `select count(*) from verdict_history where stage = 'layer3'`)).toEqual(['2']);
  });
});
