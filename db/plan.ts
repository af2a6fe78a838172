import { sql } from 'kysely';
import type { Tx } from './connection.ts';

/**
 * Tells the planner, for the rest of the transaction, what we know and its statistics do not: they end where a table was
 * last analysed, and tables that are being filled grow by millions between two looks.
 * `walk`: all tables lie in the order of one range, so one pass over each is best (a look-up per row took four times as
 * long). `pick`: few rows, found by their keys (a review of 200 people read the whole nation).
 */
export async function plan(tx: Tx, how: 'walk' | 'pick'): Promise<void> {
  if (how === 'walk') await sql`set local enable_nestloop = off`.execute(tx);
  else
    await sql`set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off`.execute(
      tx,
    );
}
