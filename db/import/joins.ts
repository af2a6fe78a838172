import { sql } from 'kysely';
import type { Tx } from '../connection.ts';
import { batchNumber, instant, registrationId } from './columns.ts';
import type { Kind } from './kind.ts';
import { keepLatest, replace, resolveRegistrations } from './merge.ts';

const NOT_OPEN = 'joins of this batch are over: it is ';

/** Closing takes the batch's row: whoever comes first, the other sees the outcome. */
async function refuseClosed(tx: Tx): Promise<void> {
  await sql`
    select 1 from batches where batch in (select batch from latest) for share`.execute(tx);
  await sql`
    with refused as (
      delete from latest s using batches b
      where b.batch = s.batch and b.state <> 'open' and not exists (
        select from joins j where j.batch = s.batch and j.reg = s.reg and j.joined_at = s.joined_at)
      returning s.line, b.state)
    insert into fault select line, 'batch', ${NOT_OPEN} || state from refused`.execute(tx);
}

/** joins.csv: who joins which batch. A batch that is not opened yet is fine, one that is closed takes nobody any more. */
export const joins: Kind = {
  format: 'csv',
  table: 'joins',
  tellsEvents: true,
  columns: [batchNumber, registrationId, instant('joined_at')],
  async merge(tx, { loadId }) {
    await resolveRegistrations(tx);
    await keepLatest(tx, 'resolved', ['batch', 'reg']);
    await refuseClosed(tx);
    return replace(tx, { table: 'joins', keys: ['batch', 'reg'], values: ['joined_at'] }, loadId);
  },
};
