import { sql } from 'kysely';
import type { Database } from '../../db/connection.ts';
import { currentRun } from '../../db/run.ts';
import type { StageName } from '../../jobs/stages.ts';

/** A ready chunk of the open run, as an import or a stage would have opened it; returns its number. */
export async function addChunk(database: Database, stage: StageName, lo: number, hi: number): Promise<string> {
  return database.db.transaction().execute(async (tx) => {
    const runId = await currentRun(tx);
    const { rows } = await sql<{ chunk_id: string }>`
      insert into chunks (run_id, stage, lo, hi) values (${runId}, ${stage}, ${lo}, ${hi}) returning chunk_id`.execute(
      tx,
    );
    return rows[0]?.chunk_id ?? '';
  });
}

/** What the database says of a chunk. */
export async function chunkRow(database: Database, chunkId: string) {
  return database.db.selectFrom('chunks').selectAll().where('chunk_id', '=', chunkId).executeTakeFirstOrThrow();
}
