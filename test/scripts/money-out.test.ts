import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callbackOrders } from '../../db/bank-callbacks.ts';
import { openBreaks } from '../../db/breaks.ts';
import { holdPerson, releaseHold } from '../../db/payment-holds.ts';
import { prepareRunOf, releaseIt, resolveUnknown, submitRun } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { stillUnknown } from '../../workers/payout/store.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { type Listening, listening, notice, references } from '../helpers/bank-messages.ts';
import { type Debit, statement, taking } from '../helpers/camt.ts';
import { ACCOUNTS, account } from '../helpers/payees.ts';
import { pay, TODAY, town } from '../helpers/payout.ts';
import { meanwhile } from '../helpers/save.ts';

// Money that left the account and did not come back: whatever the bank says of it, nothing is paid in its place.

const AFTERNOON = `${TODAY}T15:00:00+07:00`;
const WEDNESDAY = '2020-09-16';
const FRIDAY = '2020-09-18';
const REFUSED = { fault: 'error_text', value: '404xx11 Invalid Account', until_call: 1 };

type Here = Awaited<ReturnType<typeof town>>;

const morningOf = (day: string) => `${day}T09:00:00+07:00`;

/** Takes a statement of `day` on the morning of another; returns what is open after it. */
async function taken(here: Here, debits: readonly Debit[], day: string, on: string): Promise<unknown> {
  const path = join(here.dir, `${day}-${debits.length}.xml`);
  writeFileSync(path, statement(debits, day).replaceAll(TODAY, day));
  const { json } = await reconcileFiles(await here.officeAt(morningOf(on)), [path], undefined);
  return (json as { open_breaks: unknown }).open_breaks;
}

/** The account is corrected, and everything due is prepared, released and sent; returns how many. */
async function correctedAndPaid(here: Here, office: Office, linkedAt: string): Promise<number> {
  await here.load('accounts', ACCOUNTS, account(1, { linked_at: linkedAt }).replace('00112', '00999'));
  const { run, count } = (await prepareRunOf(office, 'ayu')).json as { run: string; count: number };
  if (count === 0) return 0;
  await releaseIt(office, run, 'budi');
  await submitRun(office, run);
  return count;
}

/** The bank has refused the first order; the second, to another account, was sent in the afternoon. */
async function refusedOnce(faults: readonly object[] = []): Promise<{ here: Listening; first: string }> {
  const here = await listening({ people: 1, faults: [REFUSED, ...faults] });
  await pay(here.office);
  const { R1: first } = await references(here);
  expect(await correctedAndPaid(here, await here.officeAt(AFTERNOON), `${TODAY}T07:00:00Z`)).toBe(1);
  return { here, first: first as string };
}

const debitedOnce = (here: Here) => here.bankLog().filter(({ debited }) => debited).length;

describe('of two debits', () => {
  it.each<[string, readonly Debit['idr'][], readonly Debit['idr'][]]>([
    ['one comes back on another day', [600_000, 600_000], [-600_000]],
    ['one comes back between them', [600_000, -600_000, 600_000], []],
  ])('%s: the order stays paid, and is not paid anew', async (_, today, wednesday) => {
    const here = await town({ people: 1 });
    await pay(here.office);
    const { R1: reference } = await references(here);
    const lines = (amounts: readonly number[]) =>
      amounts.map((idr): Debit => ({ reference: reference as string, idr: Math.abs(idr), returned: idr < 0 }));
    await taken(here, lines(today), TODAY, WEDNESDAY);
    if (wednesday.length > 0) await taken(here, lines(wednesday), WEDNESDAY, FRIDAY);
    expect(await here.states()).toEqual({ R1: 'paid' });
    const office = await here.officeAt(morningOf(FRIDAY));
    expect(await correctedAndPaid(here, office, '2020-09-17T01:00:00Z')).toBe(0);
  });
});

it('two debits, and a credit without a number on two statements that overlap: nothing is paid anew before a person has looked', async () => {
  const here = await town({ people: 1 });
  await pay(here.office);
  const { R1: reference } = await references(here);
  const take = taking(here);
  const debit: Debit = { reference: reference as string, idr: 600_000 };
  const unnumbered = (id: string, debits: readonly Debit[], opening: number) =>
    statement(debits, id, opening).replaceAll(/<AcctSvcrRef>.*?<\/AcctSvcrRef>/g, '');
  await take(`${TODAY}T20:00:00+07:00`, unnumbered('S1', [debit, debit], 10_000_000));
  // The second begins with another balance: nothing says that it holds the first.
  for (const [id, to, opening] of [
    ['S2', WEDNESDAY, 8_800_000],
    ['S3', '2020-09-17', 8_700_000],
  ] as const) {
    const more = unnumbered(id, [{ ...debit, returned: true }], opening)
      .replaceAll(TODAY, WEDNESDAY)
      .replace(`<ToDtTm>${WEDNESDAY}`, `<ToDtTm>${to}`);
    await take(morningOf(FRIDAY), more);
  }
  const office = await here.officeAt(morningOf(FRIDAY));
  expect(await correctedAndPaid(here, office, '2020-09-17T01:00:00Z')).toBe(0);
  await here.database.pool.query(
    `update breaks set state = 'resolved', resolved_by = 'cita', note = 'x' where type = 'duplicate_debit'`,
  );
  expect(await correctedAndPaid(here, office, '2020-09-17T01:00:00Z')).toBe(1);
});

it.each<[string, readonly number[]]>([
  ['with a fee, out and back', [602_500, -602_500]],
  ['in two halves', [600_000, -300_000, -300_000]],
])('money that is all back %s is paid anew', async (_, amounts) => {
  const here = await town({ people: 1 });
  await pay(here.office);
  const { R1: reference } = await references(here);
  const lines = amounts.map(
    (idr): Debit => ({ reference: reference as string, idr: Math.abs(idr), returned: idr < 0 }),
  );
  await taken(here, lines, TODAY, WEDNESDAY);
  expect((await here.states()).R1).toMatch(/^returned/);
  expect(await correctedAndPaid(here, await here.officeAt(morningOf(FRIDAY)), '2020-09-17T01:00:00Z')).toBe(1);
});

describe('a debit that the statement shows otherwise than it was ordered', () => {
  it('is not undone by the bank’s word that it failed', async () => {
    const here = await listening({ people: 1 });
    await pay(here.office);
    const { R1: reference } = await references(here);
    await taken(here, [{ reference: reference as string, idr: 500_000 }], TODAY, WEDNESDAY);
    await here.say(notice(reference as string, '06'));
    expect(await here.states()).toEqual({ R1: 'accepted' });
    expect(await correctedAndPaid(here, await here.officeAt(morningOf(WEDNESDAY)), `${TODAY}T14:00:00Z`)).toBe(0);
  });
});

describe('an order that was refused, and is debited after another was made', () => {
  it('keeps the other from being sent again', async () => {
    const { here, first } = await refusedOnce([{ fault: 'disconnect', from_call: 2, until_call: 2 }]);
    await taken(here, [{ reference: first, idr: 600_000 }], TODAY, WEDNESDAY);
    await resolveUnknown(await here.officeAt(morningOf(WEDNESDAY)));
    expect(await here.states()).toEqual({ R1: 'held bank_contradiction' });
    expect(debitedOnce(here)).toBe(0);
  });

  it('does so too when the bank only tells that it was paid', async () => {
    const { here, first } = await refusedOnce([{ fault: 'disconnect', from_call: 2, until_call: 2 }]);
    await here.say(notice(first, '00'));
    await taken(here, [], TODAY, WEDNESDAY);
    await resolveUnknown(await here.officeAt(morningOf(WEDNESDAY)));
    expect(await here.states()).toEqual({ R1: 'held bank_contradiction' });
    expect(debitedOnce(here)).toBe(0);
  });

  it('keeps a third from being made, when the second is refused as well', async () => {
    const { here, first } = await refusedOnce();
    await taken(here, [{ reference: first, idr: 600_000 }], TODAY, WEDNESDAY);
    const { R1: second } = await references(here);
    await here.say(notice(second as string, '06'));
    expect(await here.states()).toEqual({ R1: expect.stringMatching(/^rejected/) });
    expect(await correctedAndPaid(here, await here.officeAt(morningOf(WEDNESDAY)), `${TODAY}T10:00:00Z`)).toBe(0);
  });

  it('keeps a third from being made by a hold and its end, while nobody says that the bank was asked', async () => {
    const { here, first } = await refusedOnce();
    await here.say(notice(first, '00'));
    const { R1: second } = await references(here);
    await here.say(notice(second as string, '06'));
    const now = new Date(morningOf(WEDNESDAY));
    const { db } = here.database;
    await db.transaction().execute((tx) => holdPerson(tx, 'R1', 'ayu', 'to pay again', now));
    const letting = { registrationId: 'R1', by: 'budi', note: 'paid again', now };
    const letGo = (more: object) => db.transaction().execute((tx) => releaseHold(tx, { ...letting, ...more }));
    await expect(letGo({})).rejects.toThrow('--bank-asked');
    expect(await letGo({ bankAsked: true })).toEqual({ due: 1, held: 0 });
  });

  it('keeps the other from going out also when the word comes at the last moment', async () => {
    const { here, first } = await refusedOnce([{ fault: 'disconnect', from_call: 2, until_call: 2 }]);
    const { R1: second } = await references(here);
    const broken = {
      type: 'missing_in_ledger',
      key: first,
      reference: first,
      amountIdr: null,
      statementId: null,
      line: null,
    };
    const order = await meanwhile(
      here.database,
      async (tx) => {
        await callbackOrders(tx, [first]);
        await openBreaks(tx, [broken], WEDNESDAY);
      },
      () =>
        here.database.db
          .transaction()
          .execute((tx) => stillUnknown(tx, second as string, new Date(morningOf(WEDNESDAY)))),
    );
    expect(order).toMatchObject({ contradicted: true });
  });

  it('is not paid in its place by anybody’s word while a statement shows it', async () => {
    const here = await town({ people: 1, faults: [REFUSED] });
    await pay(here.office);
    const { R1: reference } = await references(here);
    await taken(here, [{ reference: reference as string, idr: 600_000 }], TODAY, WEDNESDAY);
    expect(await here.states()).toEqual({ R1: 'held bank_contradiction' });
    const now = new Date(morningOf(WEDNESDAY));
    const letting = { registrationId: 'R1', by: 'ayu', note: 'it said no', now, bankAsked: true };
    const letGo = here.database.db.transaction().execute((tx) => releaseHold(tx, letting));
    await expect(letGo).rejects.toThrow('did not come back');
  });
});

it('an order that a statement debits after its run was released is held when its instalment is sent', async () => {
  const here = await town({ people: 1, faults: [REFUSED] });
  await pay(here.office);
  const { R1: first } = await references(here);
  await here.load('accounts', ACCOUNTS, account(1, { linked_at: `${TODAY}T07:00:00Z` }).replace('00112', '00999'));
  const afternoon = await here.officeAt(AFTERNOON);
  const { run } = (await prepareRunOf(afternoon, 'ayu')).json as { run: string };
  await releaseIt(afternoon, run, 'budi');
  // As if the statement had come between the chunk's load and its orders.
  await here.database.pool.query(
    `with s as (insert into statements (sha256, part, format, account, bank_statement_id, from_date, to_date, lines, received_at)
       values ('x', 1, 'camt053', 'camt053', 'x', $1, $1, 1, now()) returning statement_id)
     insert into statement_lines (statement_id, line, booked_on, amount_idr, direction, reference) select statement_id, 1, $1, 600000, 'debit', $2 from s`,
    [TODAY, first],
  );
  await submitRun(afternoon, run);
  expect(await here.states()).toEqual({ R1: 'held bank_contradiction' });
  expect(debitedOnce(here)).toBe(0);
});

it('money that came back by the bank’s word, and on no statement, is missing at the bank, and is not paid anew', async () => {
  const here = await listening({ people: 1 });
  await pay(here.office);
  const { R1: reference } = await references(here);
  for (const status of ['00', '04']) await here.say(notice(reference as string, status));
  expect(await here.states()).toEqual({ R1: expect.stringMatching(/^returned/) });
  const debit = { reference: reference as string, idr: 600_000 };
  expect(await taken(here, [debit], TODAY, WEDNESDAY)).toEqual({});
  expect(await taken(here, [], WEDNESDAY, FRIDAY)).toMatchObject({ missing_in_bank: 1 });
  expect(await correctedAndPaid(here, await here.officeAt(morningOf(FRIDAY)), '2020-09-17T10:00:00Z')).toBe(0);
});

it('money that came back by word, and was paid anew before a statement came, is missing at the bank when both are debited', async () => {
  const here = await listening({ people: 1 });
  await pay(here.office);
  const { R1: first } = await references(here);
  for (const status of ['00', '04']) await here.say(notice(first as string, status));
  expect(await correctedAndPaid(here, await here.officeAt(AFTERNOON), `${TODAY}T07:00:00Z`)).toBe(1);
  const { R1: second } = await references(here);
  const both = [first, second].map((reference): Debit => ({ reference: reference as string, idr: 600_000 }));
  expect(await taken(here, both, TODAY, FRIDAY)).toEqual({ missing_in_bank: 1 });
});

it('a debit, its return and a second debit are a double debit, and nothing is missing at the bank', async () => {
  const here = await town({ people: 1 });
  await pay(here.office);
  const { R1: reference } = await references(here);
  const lines = [600_000, -600_000, 600_000].map(
    (idr, i): Debit => ({ reference: reference as string, idr: Math.abs(idr), returned: i === 1 }),
  );
  await taken(here, lines.slice(0, 2), TODAY, WEDNESDAY);
  await taken(here, lines.slice(2), WEDNESDAY, WEDNESDAY);
  expect(await taken(here, [], FRIDAY, FRIDAY)).toEqual({ duplicate_debit: 1, returned: 1, statement_gap: 1 });
});

it('an order that was refused, and of which the bank tells that it paid another amount, is held', async () => {
  const here = await listening({ people: 1, faults: [REFUSED] });
  await pay(here.office);
  const { R1: reference } = await references(here);
  await here.say(notice(reference as string, '00', 500_000));
  expect(await here.states()).toEqual({ R1: 'held bank_contradiction' });
});
