import type { Database } from '../../db/connection.ts';
import type { Bank } from './bank.ts';
import type { Command, Outcome } from './commands.ts';
import type { Fetching } from './plan.ts';
import { bulkInDoubt, halfSentRuns, hasLostOrders, heldPeople, runsIn, statesOf } from './town-state.ts';

/** What the quiet end needs of a schedule. */
interface Ending {
  readonly database: Database;
  readonly violations: readonly string[];
  calmDown(): Promise<void>;
  daysPass(days: number): void;
  readonly bank: Pick<Bank, 'has'>;
  tell(command: Command): Promise<Outcome>;
  sendReleased(): Promise<void>;
  ask(): Promise<void>;
  reconcile(fetching: Fetching): Promise<void>;
  check(when: string): Promise<void>;
  note(what: string): void;
}

/** Longer than a statement is late or a payment takes to come back, in all. */
const STEP_DAYS = 4;
const ROUNDS_LEAST = 3;
const ROUNDS_MAX = 10;

/**
 * No more faults. What was begun is sent, held people are let go once, statements of all days come in, and the bank is
 * asked until nothing moves any more.
 */
export async function quietEnd(ending: Ending): Promise<void> {
  const { database } = ending;
  ending.note('the quiet end');
  await ending.calmDown();
  await ending.check('those who stood still');
  ending.daysPass(1);
  await settle(ending, 'all');
  for (const person of await heldPeople(database)) await ending.tell({ name: 'unhold', person, sameAccount: true });
  await ending.tell({ name: 'prepare' });
  await sendAll(ending);
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    const before = await statesOf(database);
    ending.daysPass(STEP_DAYS);
    // Who was killed may have taken a chunk with its last breath: its lease ends too.
    await ending.calmDown();
    await settle(ending, round === 1 ? 'all' : 'new');
    if (await hasLostOrders(database)) await ending.tell({ name: 'prepare' });
    await sendAll(ending);
    await writeToTheBank(ending);
    await ending.check(`round ${round} of the quiet end`);
    if (ending.violations.length > 0) return;
    if (round >= ROUNDS_LEAST && before === (await statesOf(database))) break;
  }
  // The last file once more changes nothing, and says what the totals are in the end.
  await ending.reconcile('again');
  await ending.check('the last file again');
}

async function settle(ending: Ending, fetching: Fetching): Promise<void> {
  await ending.reconcile(fetching);
  await ending.ask();
}

/** What no machine sends again, and the bank never got: two people take its word for it. */
async function writeToTheBank(ending: Ending): Promise<void> {
  for (const reference of await bulkInDoubt(ending.database)) {
    if (ending.bank.has(reference)) continue;
    await ending.tell({ name: 'reject', reference, confirm: false });
    await ending.tell({ name: 'reject', reference, confirm: true });
  }
}

/** Runs that the bank's refusal has stopped are ended, and the others go out. */
async function sendAll(ending: Ending): Promise<void> {
  const { database } = ending;
  for (const run of await halfSentRuns(database)) await ending.tell({ name: 'stop', run });
  for (const run of await runsIn(database, 'prepared')) await ending.tell({ name: 'release', run });
  await ending.sendReleased();
}
