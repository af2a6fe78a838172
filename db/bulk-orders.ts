import { sql } from 'kysely';
import type { Tx } from './connection.ts';

/** From here on the run's orders go many in one call. Of a run that is not released `openSubmission` says so. */
export async function sendInBulk(tx: Tx, run: string): Promise<void> {
  await sql`update payout_runs set bulk = true where payout_run = ${run} and state = 'released'`.execute(tx);
}

/** Writes down which orders go in one call, in the transaction that makes them. */
export async function keepBulk(tx: Tx, bulkId: string, references: readonly string[]): Promise<void> {
  await sql`insert into bulk_orders (reference, bulk_id) select r, ${bulkId}::text from unnest(${references}::text[]) as r`.execute(
    tx,
  );
}
