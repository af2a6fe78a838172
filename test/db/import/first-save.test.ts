import { expect, it } from 'vitest';
import { claim } from '../../../db/chunk.ts';
import { saveVerdicts } from '../../../db/verdicts.ts';
import type { Chunk } from '../../../jobs/chunk.ts';
import { passed } from '../../../jobs/verdict.ts';
import { addChunk } from '../../helpers/chunks.ts';
import { testDatabase } from '../../helpers/database.ts';
import { decided, HEADER, importer, line, touched } from '../../helpers/import.ts';
import { openSave, somebodyWaits } from '../../helpers/save.ts';

const database = await testDatabase();

it('an event that comes while the very first save of its stage is under way has its person decided again', async () => {
  const load = importer(database);
  await load('registrations', `${HEADER}\n${line({ registration_id: 'R1' })}\n`);
  await decided(database, 'dedupe');
  const { reg } = await database.db.selectFrom('registrations').select('reg').executeTakeFirstOrThrow();
  const chunk = (await claim(
    database.db,
    await addChunk(database, 'email', Number(reg), Number(reg)),
    'w',
    60,
  )) as Chunk;
  const saving = await openSave(database, chunk, (tx) =>
    saveVerdicts(tx, 'email', chunk, [{ reg, verdict: passed(), before: null }]),
  );
  const importing = load(
    'email-events',
    `${JSON.stringify({ registration_id: 'R1', type: 'complained', at: '2030-01-01T00:00:00Z' })}\n`,
  );
  await somebodyWaits(database);
  await Promise.all([saving.commit(), importing]);
  expect(await touched(database)).toEqual(['email R1']);
});
