import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { moveInstalments } from '../../db/instalments.ts';
import { trialBalance } from '../../db/ledger.ts';
import { holdPerson, releaseHold } from '../../db/payment-holds.ts';
import { stopRun } from '../../db/payout-runs.ts';
import { settlePlainLines } from '../../db/plain-lines.ts';
import { diagnose } from '../../scripts/doctor.ts';
import { prepareRunOf, releaseIt, submitRun } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { pay, releasedRun, TODAY, type Town, town } from '../helpers/payout.ts';
import { meanwhile, somebodyWaits } from '../helpers/save.ts';

const now = new Date(`${TODAY}T12:00:00+07:00`);

async function money({ office }: Town): Promise<string | undefined> {
  return (await diagnose(office)).lines.find((line) => line.includes('money'));
}

it('a run that is released while somebody is held moves the money of those who are left', async () => {
  const here = await town({ people: 2 });
  await prepareRunOf(here.office, 'ayu');
  const released = await meanwhile(
    here.database,
    (tx) => holdPerson(tx, 'R1', 'cita', 'asked to wait', now),
    () => releaseIt(here.office, '1', 'budi'),
  );
  expect(released).toMatchObject({ count: 1, totalIdr: '600000' });
  expect(await here.states()).toEqual({ R1: 'held held_by_operator', R2: 'released' });
  expect(await trialBalance(here.database.db)).toEqual({ programme: '600000', treasury: '-600000' });
});

it('a run that is stopped while somebody is held gives back the money of the others', async () => {
  const here = await town({ people: 2 });
  const run = await releasedRun(here.office);
  const due = await meanwhile(
    here.database,
    (tx) => holdPerson(tx, 'R1', 'cita', 'asked to wait', now),
    () => here.database.db.transaction().execute((tx) => stopRun(tx, run, 'ayu', now)),
  );
  expect(due).toBe(1);
  expect(await here.states()).toEqual({ R1: 'held held_by_operator', R2: 'due' });
  expect(await trialBalance(here.database.db)).toEqual({ programme: '0', treasury: '0' });
});

it('a run can be stopped while its orders are made', async () => {
  const here = await town({ people: 2 });
  const { db, pool } = here.database;
  const run = await releasedRun(here.office);
  const gate = await pool.connect();
  await gate.query('begin; lock table restores in access exclusive mode');
  const sent = submitRun(here.office, run);
  await somebodyWaits(here.database);
  const stopped = db.transaction().execute((tx) => stopRun(tx, run, 'ayu', now));
  await somebodyWaits(here.database, undefined, 2);
  await gate.query('commit');
  gate.release();
  const [due] = await Promise.all([stopped, sent]);
  expect(due).toBe(0);
  expect(await here.states()).toEqual({ R1: 'accepted', R2: 'accepted' });
});

it('somebody who is let go while a run is prepared waits for the next one, and what is declared is what is in it', async () => {
  const here = await town({ people: 2 });
  const { db } = here.database;
  await prepareRunOf(here.office, 'ayu');
  await db.transaction().execute((tx) => stopRun(tx, '1', 'ayu', now));
  await db.transaction().execute((tx) => holdPerson(tx, 'R1', 'cita', 'asked to wait', now));
  const { json } = await meanwhile(
    here.database,
    async (tx) => {
      await sql`lock table payout_runs in exclusive mode`.execute(tx);
      await releaseHold(tx, { registrationId: 'R1', by: 'cita', note: 'may go', now });
    },
    () => prepareRunOf(here.office, 'ayu'),
  );
  expect(json).toMatchObject({ run: '2', count: 1, total_idr: '600000' });
  expect(await releaseIt(here.office, '2', 'budi')).toMatchObject({ count: 1 });
});

it.each([
  ['paid', 1],
  ['rejected', 0],
])(
  'a plain line of an order that somebody else finds %s is booked once, and judged as what it is now',
  async (to, plain) => {
    const here = await town({ people: 1 });
    const { db, pool } = here.database;
    await pay(here.office);
    await pool.query(`
    insert into statements (sha256, format, account, bank_statement_id, from_date, to_date, lines) values ('1', 'camt053', 'A', '1', '${TODAY}', '${TODAY}', 1);
    insert into statement_lines (statement_id, line, booked_on, amount_idr, direction, reference)
    select 1, 1, '${TODAY}', amount_idr, 'debit', reference from payment_orders`);
    const settled = await meanwhile(
      here.database,
      (tx) => moveInstalments(tx, ['accepted'], [{ instalmentId: '1', to, reason: '' }], now),
      () => db.transaction().execute((tx) => settlePlainLines(tx, '1', now)),
    );
    expect(settled).toBe(plain);
    expect(await here.states()).toEqual({ R1: to });
    expect(await money(here)).toMatch(/^ok/);
  },
);

it('two reconciliations of one statement keep its lines once', async () => {
  const here = await town({ people: 3 });
  await pay(here.office);
  const file = await here.statement(`from=${TODAY}&to=${TODAY}&format=camt053`);
  const evening = await here.officeAt(`${TODAY}T18:00:00+07:00`);
  const reconcile = () => reconcileFiles(evening, [file], undefined);
  const reports = await Promise.all([reconcile(), reconcile(), reconcile()]);
  expect(reports.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  expect(reports.map(({ json }) => (json as { lines: number }).lines).sort()).toEqual([0, 0, 3]);
  const { rows } = await here.database.pool.query('select count(*)::int as n from statement_lines');
  expect(rows).toEqual([{ n: 3 }]);
});
