import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { audit } from '../../db/audit.ts';
import { deedsWithoutRow, missingDeeds } from '../../db/audited-deeds.ts';
import { auditLog } from '../../db/doctor-money.ts';
import { holdPerson } from '../../db/payment-holds.ts';
import { prepareRunOf, releaseIt, stopIt } from '../../scripts/payout.ts';
import { rejectIn } from '../../scripts/payout-reject.ts';
import { type LostBulk, lostBulk, NEXT } from '../helpers/lost-bulk.ts';
import { operator } from '../helpers/operators.ts';

const LETTER = 'letter of the bank';
const hold = ({ database }: LostBulk, by: string) =>
  database.db.transaction().execute((tx) => holdPerson(tx, 'R1', by, 'asks', new Date(NEXT)));

it('what people did to money is missed when its row is gone', async () => {
  const here = await lostBulk();
  const { db } = here.database;
  await here.reconciled([]);
  await stopIt(here.next, '1', 'cita');
  await hold(here, 'cita');
  await rejectIn(here.next, here.bulk, { by: 'ayu', note: LETTER });
  await rejectIn(here.next, here.bulk, { by: 'budi', confirm: true });
  expect(await missingDeeds(db, 9)).toEqual([]);
  await db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql`delete from audit`.execute(tx);
  });
  expect(await missingDeeds(db, 9)).toEqual([
    { action: 'payout hold', subject: 'R1' },
    { action: 'payout prepare', subject: 'run 1' },
    { action: 'payout reject', subject: here.bulk },
    { action: 'payout reject confirmed', subject: here.bulk },
    { action: 'payout release', subject: 'run 1' },
    { action: 'payout stop', subject: 'run 1' },
  ]);
});

it('what the log tells of money is missed when its row is gone, or is of another name', async () => {
  const here = await lostBulk();
  const { db } = here.database;
  const asOwner = (statement: string) =>
    db.transaction().execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx);
      await sql.raw(statement).execute(tx);
    });
  await here.reconciled([]);
  await rejectIn(here.next, here.bulk, { by: 'ayu', note: LETTER });
  await rejectIn(here.next, here.bulk, { by: 'budi', confirm: true });
  expect(await deedsWithoutRow(db, 9)).toEqual([]);
  expect(await auditLog(db)).toMatchObject({ ok: true });
  await asOwner('delete from payout_approvals');
  expect(await missingDeeds(db, 9)).toEqual([]);
  expect(await deedsWithoutRow(db, 9)).toEqual([{ action: 'payout release', subject: 'run 1' }]);
  expect(await auditLog(db)).toMatchObject({ ok: false, detail: expect.stringContaining('"payout release" of run 1') });
  await asOwner(`update order_refusals set by = 'cita' where confirms is not null`);
  expect(await deedsWithoutRow(db, 9)).toEqual([
    { action: 'payout reject confirmed', subject: here.bulk },
    { action: 'payout release', subject: 'run 1' },
  ]);
});

it('a release of before approvals were kept is not missed', async () => {
  const { db } = (await lostBulk()).database;
  const old = { who: 'budi', action: 'payout release', subject: 'run 9', note: '3 instalments, 1800000 rupiah' };
  await db.transaction().execute((tx) => audit(tx, old));
  expect(await deedsWithoutRow(db, 9)).toEqual([]);
});

/** Whoever adds a row to the table is removed from the operators at that moment. */
const removing = (table: string, column: string) =>
  sql.raw(`
    create or replace function remove_operator() returns trigger language plpgsql as $$
    begin
      update operators set removed_at = now() where name = to_jsonb(new) ->> tg_argv[0];
      return null;
    end $$;
    create trigger remove_operator after insert on ${table} for each row execute function remove_operator('${column}')`);

it('log and tables call the same deeds verified, also when somebody is removed in the middle of one', async () => {
  const here = await lostBulk();
  const { database } = here;
  await here.reconciled([]);
  for (const name of ['ayu', 'budi', 'cita', 'dewi', 'eko']) await operator(database, name);
  await rejectIn(here.next, here.bulk, { by: 'dewi', note: LETTER });
  for (const [table, column] of [
    ['payout_runs', 'prepared_by'],
    ['payout_approvals', 'by'],
    ['payment_holds', 'held_by'],
    ['order_refusals', 'by'],
  ] as const)
    await removing(table, column).execute(database.db);
  const { run } = (await prepareRunOf(await here.officeAt('2020-10-15T09:00:00+07:00'), 'ayu')).json as { run: string };
  await releaseIt(here.next, run, 'budi');
  await hold(here, 'cita');
  await rejectIn(here.next, here.bulk, { by: 'eko', confirm: true });
  // The trigger has removed them, and not the command.
  const removed = ['ayu', 'budi', 'cita', 'eko'].map((subject) => ({ action: 'operator remove', subject }));
  expect(await missingDeeds(database.db, 9)).toEqual(removed);
  const { rows } = await database.pool.query(
    'select who from audit join operators on name = who where verified and removed_at is not null',
  );
  expect(rows.map(({ who }) => who)).toEqual(['ayu', 'budi', 'cita', 'eko']);
});
