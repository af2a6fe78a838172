import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../db/connection.ts';
import { addHours, wibDate } from '../../jobs/time.ts';
import { resolveUnknown } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { sweep } from '../../workers/runtime/sweeper.ts';
import { PLAYED_AT } from './world.ts';

/** Longer than the last interval of the mail schedule, so that everything that waits is decided in a few steps. */
const STEP_HOURS = 100;
const STEPS_MAX = 8;
/** The faults of the answers end after thirty calls at most (plan.ts), and a round in which no token comes is one of them. */
const MONEY_ROUNDS_MAX = 40;

/** What a schedule needs to come to its end. */
interface Ending {
  /** Its queues have workers. */
  readonly office: Office;
  readonly looking: Database;
  readonly clock: { now: Date };
  /** Statements are written here. */
  readonly dir: string;
  readonly bankUrl: string;
  untilQuiet(): Promise<void>;
}

/** Days go by until nothing waits for us, and the money is asked after until every order is settled. */
export async function comeToAnEnd(ending: Ending): Promise<void> {
  const { office, looking, clock, dir, bankUrl } = ending;
  for (let step = 0; step < STEPS_MAX && (await somebodyIsDue(ending)); step++) {
    clock.now = addHours(clock.now, STEP_HOURS);
    // Hours go by for the breaker too, which lives by PostgreSQL's clock.
    await looking.pool.query('update counterparts set open_until = clock_timestamp() where open_until is not null');
    await sweep(office.db, await office.queues(), clock.now).catch(unlessDeadlock);
    await ending.untilQuiet();
  }
  let from = wibDate(new Date(PLAYED_AT));
  for (let round = 0; round < MONEY_ROUNDS_MAX && (await moneyIsOpen(ending)); round++) {
    const until = wibDate(clock.now);
    clock.now = addHours(clock.now, STEP_HOURS);
    const path = join(dir, `statement-${round}.xml`);
    const answer = await fetch(`${bankUrl}/sim/statement?from=${from}&to=${until}&format=camt053`);
    writeFileSync(path, await answer.text());
    from = wibDate(addHours(new Date(`${until}T00:00:00+07:00`), 24));
    await reconcileFiles(office, [path], undefined);
    await resolveUnknown(office);
  }
}

/** A sweep that PostgreSQL ended in favour of a save is made up for by the workers' own sweepers. */
function unlessDeadlock(error: unknown): void {
  if ((error as { code?: unknown }).code !== '40P01') throw error;
}

async function somebodyIsDue({ looking }: Ending): Promise<boolean> {
  const { rows } = await looking.pool.query<{ due: boolean }>(
    `select exists (select from verdicts where outcome = 'waiting' and due_at is not null) as due`,
  );
  return rows[0]?.due === true;
}

async function moneyIsOpen({ looking }: Ending): Promise<boolean> {
  const { rows } = await looking.pool.query<{ open: boolean }>(
    `select exists (select from instalments where state not in ('paid', 'held', 'rejected', 'returned')) as open`,
  );
  return rows[0]?.open === true;
}
