import { sql } from 'kysely';
import type { Tx } from '../connection.ts';
import { batchNumber, instant, oneOf, registrationId, shortText } from './columns.ts';
import type { Kind } from './kind.ts';
import { countOf, replaceByRegistration } from './merge.ts';

const TRAINING_ID_CHARS_MAX = 200;

const NAMELESS = 'empty: only a survey need not name a training';

/** Whatever is completed and rated is paid for. As a set, because a kind with `checkRow` has no line taken as bytes. */
async function refuseNameless(tx: Tx): Promise<void> {
  await sql`
    with nameless as (
      delete from stage where event in ('purchased', 'completed', 'rated') and btrim(training_id) = '' returning line)
    insert into fault select line, 'training_id', ${NAMELESS} from nameless`.execute(tx);
}

/** training.csv: what participants bought, completed, rated and answered. */
export const training: Kind = {
  format: 'csv',
  table: 'training',
  tellsEvents: true,
  columns: [
    registrationId,
    batchNumber,
    oneOf('event', ['purchased', 'completed', 'rated', 'survey_1', 'survey_2', 'survey_3']),
    shortText('training_id', TRAINING_ID_CHARS_MAX),
    instant('at'),
  ],
  async merge(tx, { loadId }) {
    await refuseNameless(tx);
    const keys = ['reg', 'batch', 'event', 'training_id'];
    return replaceByRegistration(tx, { table: 'training', keys, values: ['at'] }, loadId);
  },
  /** They may be selected yet, or the file is of another batch. */
  async note(tx) {
    const idle = await countOf(
      tx,
      sql`resolved s where not exists (
        select from registrations r join participants p on p.nik = r.nik where r.reg = s.reg and p.batch = s.batch)`,
    );
    if (idle === 0) return null;
    return `Nothing is due for ${idle} of the lines: they are of people who do not take part in that batch (yet).`;
  },
};
