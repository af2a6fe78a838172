import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { holdPerson } from '../../db/payment-holds.ts';
import { oneReconciliationAtATime } from '../../db/reconciliation-lock.ts';
import { markRestored } from '../../db/restore.ts';
import { resolveUnknown, stopIt, submitRun } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { references } from '../helpers/bank-messages.ts';
import { type Reconciled, reconciling, statement } from '../helpers/camt.ts';
import { ACCOUNTS, account } from '../helpers/payees.ts';
import { pay, releasedRun, TODAY, type Town, town } from '../helpers/payout.ts';
import { meanwhile, somebodyWaits } from '../helpers/save.ts';

// What comes while the bank is asked about an order that it does not know counts before the order goes out again.

const NEXT = '2020-09-16T09:00:00+07:00';
const ANSWERS_AFTER_MS = 1500;
const POLL_MS = 20;

interface Order {
  readonly run: string;
  readonly reference: string;
}

/** An order that never reached the bank, by its statement too; `meanwhile` happens between our question and the bank's answer. */
async function askedSlowly(
  meanwhile: (here: Town & Reconciled, order: Order) => Promise<unknown>,
): Promise<Town & Reconciled> {
  const faults = [
    { fault: 'disconnect', until_call: 1 },
    { fault: 'delay_ms', endpoint: 'status', value: ANSWERS_AFTER_MS },
  ];
  const here = await reconciling(await town({ people: 1, faults }), NEXT);
  const run = await releasedRun(here.office);
  await submitRun(here.office, run);
  await here.reconciled([]);
  const { R1: reference } = await references(here);
  const resolving = resolveUnknown(await here.officeAt(NEXT));
  const asked = () => here.database.pool.query(`select from bank_calls where kind = 'status'`);
  while ((await asked()).rowCount === 0) await pause(POLL_MS);
  await meanwhile(here, { run, reference: reference as string });
  await resolving;
  return here;
}

it.each<[string, string, (here: Town & Reconciled, order: Order) => Promise<unknown>]>([
  ['nothing', 'accepted', async () => undefined],
  ['its run is stopped', 'held run_stopped', ({ office }, { run }) => stopIt(office, run, 'ayu')],
  [
    'its person is held',
    'held held_by_operator',
    ({ database }) =>
      database.db.transaction().execute((tx) => holdPerson(tx, 'R1', 'ayu', 'a stolen account', new Date(NEXT))),
  ],
  [
    'a statement shows it with another amount',
    'unknown',
    async (here, { reference }) => {
      const path = join(here.dir, 'other.xml');
      writeFileSync(path, statement([{ reference, idr: 500_000 }], 'S2'));
      await reconcileFiles(await here.officeAt(NEXT), [path], undefined);
    },
  ],
])('%s: %s', async (_, state, meanwhile) => {
  const here = await askedSlowly(meanwhile);
  const { R1 = '' } = await here.states();
  expect(R1.startsWith(state)).toBe(true);
  expect(here.bankLog().filter(({ debited }) => debited)).toHaveLength(state === 'accepted' ? 1 : 0);
});

it('a statement is being read: it waits for the next time', async () => {
  let end = () => {};
  let reading: Promise<unknown> = Promise.resolve();
  const here = await askedSlowly(
    ({ database }) =>
      new Promise<void>((begun) => {
        reading = database.db.transaction().execute(async (tx) => {
          await oneReconciliationAtATime(tx);
          begun();
          await new Promise<void>((done) => {
            end = done;
          });
        });
      }),
  );
  end();
  await reading;
  expect((await here.states()).R1).toMatch(/^unknown/);
  await resolveUnknown(await here.officeAt(NEXT));
  expect(await here.states()).toEqual({ R1: 'accepted' });
});

describe('while a statement is being read', () => {
  /** The bank has refused the first order; a run with the second is released. */
  async function refusedAndReleased() {
    const faults = [{ fault: 'error_text', value: '404xx11 Invalid Account', until_call: 1 }];
    const here = await town({ people: 1, faults });
    await pay(here.office);
    const { R1: first } = await references(here);
    await here.load('accounts', ACCOUNTS, account(1, { linked_at: `${TODAY}T07:00:00Z` }).replace('00112', '00999'));
    const afternoon = await here.officeAt(`${TODAY}T15:00:00+07:00`);
    return { here, first: first as string, afternoon, run: await releasedRun(afternoon) };
  }

  it('a second order waits, and is not made when the first is on it', async () => {
    const { here, first, afternoon, run } = await refusedAndReleased();
    await meanwhile(
      here.database,
      async (tx) => {
        await oneReconciliationAtATime(tx);
        await sql`
          with s as (insert into statements (sha256, part, format, account, bank_statement_id, from_date, to_date, lines, received_at)
            values ('x', 1, 'camt053', 'camt053', 'x', ${TODAY}, ${TODAY}, 1, now()) returning statement_id)
          insert into statement_lines (statement_id, line, booked_on, amount_idr, direction, reference)
          select statement_id, 1, ${TODAY}, 600000, 'debit', ${first} from s`.execute(tx);
      },
      () => submitRun(afternoon, run),
    );
    expect(await here.states()).toEqual({ R1: 'held bank_contradiction' });
    expect(here.bankLog().filter(({ debited }) => debited)).toEqual([]);
  });

  it('a restore that is marked waits too, and stands in nobody’s way', async () => {
    const { here } = await refusedAndReleased();
    const { db } = here.database;
    const now = new Date(NEXT);
    const restore = { takenAt: now, by: 'ayu', note: 'drill', files: false, now };
    const reading = db.transaction().execute(async (tx) => {
      await oneReconciliationAtATime(tx);
      const marked = db.transaction().execute((other) => markRestored(other, restore));
      await somebodyWaits(here.database);
      await sql`update instalments set reason = reason`.execute(tx);
      return { marked };
    });
    expect(await (await reading).marked).toMatchObject({ unknown: 1 });
  });
});
