import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readOpenBreaks, resolveBreak } from '../../db/breaks.ts';
import { ledger, money } from '../../db/doctor-money.ts';
import { holdPerson, releaseHold } from '../../db/payment-holds.ts';
import { PrakerjaError } from '../../jobs/errors.ts';
import { wibDate } from '../../jobs/time.ts';
import { prepareRunOf, releaseIt, submitRun } from '../../scripts/payout.ts';
import { takeReport } from '../../scripts/payout-statuses.ts';
import { instalmentStates } from '../../workers/payout/rules.ts';
import { type Random, seeded } from '../crash/random.ts';
import { notice, say } from '../helpers/bank-messages.ts';
import {
  bars,
  begun,
  breaks,
  HOUR_MS,
  instalments,
  type Line,
  outOf,
  PEOPLE,
  type Play,
  taken,
  takeStatement,
} from '../helpers/bulk-play.ts';
import { ACCOUNTS, account } from '../helpers/payees.ts';
import { orderStatus, report } from '../workers/payout/files/report-writer.ts';

// What the bank books and tells of a file's orders, in any order: what left the account by the statements' lines alone is
// never paid a second time, and nobody whose money is back is turned away. More: BULK_SEQUENCES, from seed BULK_FROM.

const FROM = Number(process.env.BULK_FROM ?? 1);
const SEEDS = Array.from({ length: Number(process.env.BULK_SEQUENCES ?? 5) }, (_, i) => FROM + i);
/** Instead of those: one sequence, as a failure prints it. */
const PLAN = process.env.BULK_PLAN;

type Event =
  | { do: 'statement'; lines: Line[] }
  | { do: 'notice' | 'report'; person: string; last: boolean; status: string }
  | { do: 'close'; type: string }
  | { do: 'hold' | 'unhold'; person: string }
  | { do: 'pay'; corrected: boolean }
  | { do: 'day' };

function drawn(random: Random): Event[] {
  const person = () => random.pick(PEOPLE);
  const line = (): Line => {
    const what = random.pick(['whole', 'rest', 'rest', 'wrong', 'bulk_back', 'own', 'back', 'back'] as const);
    return { what, person: person(), last: random.chance(0.5) };
  };
  const draws: readonly (() => Event)[] = [
    ...Array.from(
      { length: 5 },
      () => (): Event => ({ do: 'statement', lines: Array.from({ length: random.int(1, 4) }, line) }),
    ),
    ...Array.from(
      { length: 4 },
      () => (): Event => ({
        do: 'notice',
        person: person(),
        last: random.chance(0.7),
        status: random.pick(['00', '04', '06', '06']),
      }),
    ),
    () => ({ do: 'report', person: person(), last: false, status: random.pick(['ACSC', 'RJCT']) }),
    () => ({
      do: 'close',
      type: random.pick(['returned', 'duplicate_debit', 'amount_mismatch', 'missing_in_ledger', 'missing_in_bank']),
    }),
    () => ({ do: 'hold', person: person() }),
    ...Array.from({ length: 2 }, () => (): Event => ({ do: 'unhold', person: person() })),
    ...Array.from({ length: 3 }, () => (): Event => ({ do: 'pay', corrected: random.chance(0.8) })),
    () => ({ do: 'day' }),
  ];
  // Mostly the bank debits the file first: much of what may go wrong begins there.
  const whole: Event = { do: 'statement', lines: [{ what: 'whole', person: person(), last: false }] };
  const first = random.chance(0.6) ? [whole] : [];
  return [...first, ...Array.from({ length: random.int(4, 8) }, () => random.pick(draws)())];
}

/** The account is corrected, or not, and what is due is prepared, released and sent. Nothing is paid in place of what is out, and nobody is turned away. */
async function paidAnew(play: Play, corrected: boolean): Promise<void> {
  const { here, office } = play;
  if (corrected) {
    const number = `0${Math.floor((play.now - Date.parse('2020-09-01T00:00:00Z')) / HOUR_MS)}`.padStart(5, '0');
    const linked_at = new Date(play.now).toISOString();
    await here.load('accounts', ACCOUNTS, ...[1, 2, 3].map((n) => account(n, { linked_at }).replace('00112', number)));
  }
  const before = await instalments(play);
  const all = await breaks(play);
  const { run, count } = (await prepareRunOf(office, 'ayu')).json as { run: string; count: number };
  if (count > 0) {
    await releaseIt(office, run, 'budi');
    await submitRun(office, run);
  }
  const after = await instalments(play);
  for (const person of PEOPLE) {
    const was = before[person];
    const is = after[person];
    if (!was || !is) throw new Error(`${person} is gone`);
    const out = was.orders.filter((reference) => outOf(reference, play, all) > 0);
    const barred = bars(was, play, all);
    // Who asked the bank has looked at what is missing in the ledger (0033): they are let go with its break open.
    const open = barred.filter(({ type }) => type !== 'missing_in_ledger');
    if (is.orders.length > was.orders.length)
      expect({ out, open }, `${person} was paid anew`).toEqual({ out: [], open: [] });
    else if (corrected && ['rejected', 'returned'].includes(was.state) && !was.held && out.length + barred.length === 0)
      expect.unreachable(`${person} was ${was.state}, with nothing out, and is not paid anew`);
  }
}

/** A person lets somebody go who was held. What is out is not let go, and nobody else is refused for it. */
async function letGo(play: Play, person: string): Promise<void> {
  const { db } = play.here.database;
  const before = (await instalments(play))[person];
  if (before?.state !== 'held' && !before?.held) return;
  const all = await breaks(play);
  const out = before.orders.filter((reference) => outOf(reference, play, all) > 0);
  const barred = bars(before, play, all).filter(({ type }) => type !== 'missing_in_ledger');
  const open = barred.filter(({ state }) => state === 'open');
  const stays = before.state === 'held' && !before.held;
  const letting = {
    registrationId: person,
    by: 'budi',
    note: 'asked',
    now: new Date(play.now),
    bankAsked: true,
    sameAccount: true,
  };
  const refused = await db
    .transaction()
    .execute((tx) => releaseHold(tx, letting))
    .then(
      () => '',
      (error: unknown) => {
        if (error instanceof PrakerjaError) return error.message;
        throw error;
      },
    );
  const why = `${person} is let go: ${refused}`;
  if (refused === '') expect(stays && out.length + open.length > 0, why).toBe(false);
  else expect(stays && out.length + barred.length > 0, why).toBe(true);
}

async function happens(play: Play, event: Event): Promise<void> {
  const { here, office } = play;
  const { db } = here.database;
  const now = new Date(play.now);
  if (event.do === 'statement') await takeStatement(play, event.lines);
  if (event.do === 'pay') await paidAnew(play, event.corrected);
  if (event.do === 'unhold') await letGo(play, event.person);
  if (event.do === 'day') play.now += 24 * HOUR_MS;
  if (event.do === 'hold') await db.transaction().execute((tx) => holdPerson(tx, event.person, 'ayu', 'asked', now));
  if (event.do === 'close')
    for (const { break_id } of await readOpenBreaks(db, { type: event.type, today: wibDate(now), limit: 99 }))
      await db.transaction().execute((tx) => resolveBreak(tx, break_id, 'cita', 'explained', now));
  if (event.do !== 'notice' && event.do !== 'report') return;
  const reference = (await instalments(play))[event.person]?.orders.at(event.last ? -1 : 0) as string;
  if (event.do === 'notice') {
    play.told = true;
    expect((await say({ ...here, office }, play.url, notice(reference, event.status))).status).toBe(200);
  } else {
    const path = join(here.dir, `report-${play.now}.xml`);
    writeFileSync(path, report({ orders: [orderStatus(reference, event.status)] }));
    await takeReport(office, path);
  }
}

async function played(events: readonly Event[]): Promise<void> {
  const play = await begun();
  const { db } = play.here.database;
  const books = async () => {
    expect(await ledger(db)).toMatchObject({ ok: true });
    expect(await money(db)).toMatchObject({ ok: true });
    const states = Object.values(await instalments(play)).map(({ state }) => state);
    expect(instalmentStates).toEqual(expect.arrayContaining(states));
  };
  for (const event of events) {
    play.now += HOUR_MS;
    await happens(play, event);
    await books();
  }
  // A week later everything that the bank told stands on a statement, or is a break.
  play.now += 7 * 24 * HOUR_MS;
  const equal = await taken(play, []);
  if (!equal) expect(await breaks(play), 'the totals differ, and no break says why').not.toEqual([]);
  await paidAnew(play, true);
  await books();
}

const plans = PLAN
  ? [[0, JSON.parse(PLAN) as Event[]] as const]
  : SEEDS.map((seed) => [seed, drawn(seeded(seed))] as const);

it.each(plans)('seed %i: nothing is paid in place of what is out, and nobody is turned away', async (_, events) => {
  await played(events).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : error}\n${JSON.stringify(events)}`, { cause: error });
  });
});
