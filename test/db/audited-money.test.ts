import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { audit } from '../../db/audit.ts';
import { deedsWithoutRow, missingDeeds } from '../../db/audited-deeds.ts';
import { openBreaks, openOrReopen, resolveBreak } from '../../db/breaks.ts';
import type { Database, Db } from '../../db/connection.ts';
import { removeOperator } from '../../db/operators.ts';
import { holdPerson, releaseHold } from '../../db/payment-holds.ts';
import { restoredIn } from '../../scripts/db.ts';
import { stopIt } from '../../scripts/payout.ts';
import { fundTreasury } from '../../scripts/payout-fund.ts';
import { operator } from '../helpers/operators.ts';
import { nik, releasedRun, type Town, town } from '../helpers/payout.ts';

const now = new Date('2020-09-15T12:00:00+07:00');
const told = async (db: Db) => ({ missing: await missingDeeds(db, 9), rowless: await deedsWithoutRow(db, 9) });
const WHOLE = { missing: [], rowless: [] };

const hold = ({ db }: Database, id: string) =>
  db.transaction().execute((tx) => holdPerson(tx, id, 'cita', 'a stolen account', now));
const unhold = ({ db }: Database, registrationId: string) =>
  db.transaction().execute((tx) => releaseHold(tx, { registrationId, by: 'cita', note: 'cleared', now }));

const BREAK = { type: 'returned', key: 'K', reference: null, amountIdr: '1', statementId: null, line: null };
const close = ({ db }: Database, by: string) =>
  db.transaction().execute(async (tx) => {
    await openBreaks(tx, [BREAK], '2020-09-15');
    await resolveBreak(tx, '1', by, 'seen', now);
    await audit(tx, { who: by, action: 'break resolve', subject: 'break 1', note: 'seen' });
  });

/** What the owner of the database has changed, as `audit verify` sees it; then it is taken back. */
async function changed({ db }: Database, statement: string) {
  let seen: unknown;
  const undo = new Error('undo');
  await db
    .transaction()
    .execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx);
      await sql.raw(statement).execute(tx);
      seen = await told(tx);
      throw undo;
    })
    .catch((error) => {
      if (error !== undo) throw error;
    });
  return seen;
}

/** Two people; a funding, a run that was released, one person held, a break closed. */
async function busy(): Promise<Town> {
  const here = await town({ people: 2 });
  await fundTreasury(here.office, { amount: '9000000', reference: 'SP2D-1', by: 'ayu' });
  await releasedRun(here.office);
  await hold(here.database, 'R1');
  await close(here.database, 'cita');
  return here;
}

const gone = (action: string, subject: string) => ({ missing: [], rowless: [{ action, subject }] });
const untold = (action: string, subject: string) => ({ missing: [{ action, subject }], rowless: [] });
const other = (action: string, subject: string) => ({
  missing: [{ action, subject }],
  rowless: [{ action, subject }],
});

it('what was changed in the tables of money, or in the log, does not go unseen', async () => {
  const { database } = await busy();
  await operator(database, 'dewi');
  await operator(database, 'eko');
  await database.db.transaction().execute(async (tx) => {
    await removeOperator(tx, 'eko', now);
    await audit(tx, { who: 'dewi', action: 'operator remove', subject: 'eko', note: '' });
  });
  expect(await told(database.db)).toEqual(WHOLE);
  const fund = `reference = 'FUND-SP2D-1'`;
  const cases: [string, unknown][] = [
    ['delete from payment_holds', gone('payout hold', 'R1')],
    [`update payment_holds set held_by = 'budi'`, untold('payout hold', 'R1')],
    [
      `update breaks set state = 'open', resolved_by = null, note = null, resolved_at = null`,
      gone('break resolve', 'break 1'),
    ],
    ['delete from breaks', gone('break resolve', 'break 1')],
    [`update breaks set resolved_by = 'budi'`, other('break resolve', 'break 1')],
    [`delete from ledger_entries where ${fund}`, gone('payout fund', 'FUND-SP2D-1')],
    [`delete from ledger_entries where ${fund} and account = 'treasury'`, gone('payout fund', 'FUND-SP2D-1')],
    [
      `update ledger_entries set debit_idr = debit_idr * 2, credit_idr = credit_idr * 2 where ${fund}`,
      other('payout fund', 'FUND-SP2D-1'),
    ],
    [`delete from audit where action = 'payout fund'`, untold('payout fund', 'FUND-SP2D-1')],
    [`update payout_runs set released_by = 'cita'`, untold('payout release', 'run 1')],
    [`update payout_runs set released_verified = true`, untold('payout release', 'run 1')],
    ['update payout_runs set declared_total_idr = 1', other('payout prepare', 'run 1')],
    ['delete from payout_runs', gone('payout prepare', 'run 1')],
    [`update operators set removed_at = null where name = 'eko'`, gone('operator remove', 'eko')],
    [`update operators set roles = '{finance}' where name = 'dewi'`, other('operator add', 'dewi')],
    [`delete from operators where name = 'dewi'`, gone('operator add', 'dewi')],
  ];
  for (const [statement, seen] of cases) expect(await changed(database, statement), statement).toEqual(seen);
  expect(await told(database.db)).toEqual(WHOLE);
});

it('nothing is missed of what was undone, done again or changed by the commands', async () => {
  const { database, office, load } = await busy();
  const { db } = database;
  // Two registrations of one person, whose number is corrected meanwhile.
  await database.pool.query(`update registrations set nik = ${nik(1)} where registration_id = 'R2'`);
  await hold(database, 'R2');
  await database.pool.query(`
    insert into corrections (reg, field, at, value, old_value, load_id)
    select reg, 'nik', now(), '${nik(3)}', '${nik(1)}', (select max(load_id) from loads) from registrations where registration_id = 'R2'`);
  await database.pool.query(`update registrations set nik = ${nik(3)} where registration_id = 'R2'`);
  expect(await told(db)).toEqual(WHOLE);
  await unhold(database, 'R1');
  expect(await told(db)).toEqual(WHOLE);
  await hold(database, 'R1');
  await unhold(database, 'R1');
  await hold(database, 'R1');
  expect(await told(db)).toEqual(WHOLE);
  await db.transaction().execute((tx) => openOrReopen(tx, [BREAK], '2020-09-16'));
  expect(await told(db)).toEqual(WHOLE);
  await close(database, 'budi');
  expect(await told(db)).toEqual(WHOLE);
  await stopIt(office, '1', 'cita');
  await unhold(database, 'R1');
  await load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(1)},2020-09-01,,BKN`);
  const run = await releasedRun(office);
  await stopIt(office, run, 'ayu');
  await restoredIn(office, { by: 'ayu', note: 'the disk' });
  await restoredIn(office, { by: 'budi', note: 'again' });
  expect(await told(db)).toEqual(WHOLE);
});
