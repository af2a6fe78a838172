import { join } from 'node:path';
import { resolveBreak } from '../../db/breaks.ts';
import { type LetGo, releaseHold } from '../../db/payment-holds.ts';
import { prepareRunOf, releaseIt, submitRun } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { type Listening, listening, notice, references } from './bank-messages.ts';
import { type Debit, type Reconciled, reconciling } from './camt.ts';
import { ACCOUNTS, account } from './payees.ts';
import { releasedRun, TODAY } from './payout.ts';

// A file of three orders, and what its bank and the office's people do about it.

export const WHOLE: Debit = { bulk: 'PRAKERJA-RUN-1', idr: 1_800_000 };
export const REST: Debit = { ...WHOLE, idr: 1_200_000 };
export const LATER = '2020-09-16T09:00:00+07:00';

export type Here = Listening & Reconciled & { orders: Readonly<Record<string, string>> };

/** Three orders that went to the bank in one file, in an office that listens. */
export async function byFile(): Promise<Here> {
  const here = await listening({ people: 3 });
  await writeRun(here.office, await releasedRun(here.office), { out: join(here.dir, 'run.xml') });
  return { ...(await reconciling(here)), orders: await references(here) };
}

/** The bank's word about one order. */
export function told(here: Here, person: string, ...statuses: string[]): Promise<unknown> {
  return statuses.reduce<Promise<unknown>>(
    (before, status) => before.then(() => here.say(notice(here.orders[person] as string, status))),
    Promise.resolve(),
  );
}

export const back = (here: Here, person: string): Debit => ({
  reference: here.orders[person] as string,
  idr: 600_000,
  returned: true,
});

export async function correct(here: Here): Promise<void> {
  const corrected = [1, 2, 3].map((n) => account(n, { linked_at: `${TODAY}T14:00:00Z` }).replace('00112', '00999'));
  await here.load('accounts', ACCOUNTS, ...corrected);
}

/** A person closes every break. */
export async function close({ database }: Here): Promise<void> {
  const { rows } = await database.pool.query<{ id: string }>(`select break_id as id from breaks where state = 'open'`);
  for (const { id } of rows)
    await database.db.transaction().execute((tx) => resolveBreak(tx, id, 'cita', 'looked at', new Date(LATER)));
}

/** Everybody corrects their account; returns how many are paid anew. */
export async function paidAnew(here: Here): Promise<number> {
  await correct(here);
  const office = await here.officeAt(LATER);
  const { run, count } = (await prepareRunOf(office, 'ayu')).json as { run: string; count: number };
  if (count > 0) {
    await releaseIt(office, run, 'budi');
    await submitRun(office, run);
  }
  return count;
}

export function letGo(here: Here, registrationId: string): Promise<LetGo> {
  const letting = { registrationId, by: 'budi', note: 'the bank was asked', now: new Date(LATER), bankAsked: true };
  return here.database.db.transaction().execute((tx) => releaseHold(tx, letting));
}

/** A debit of an order by its reference. */
export const own = (here: Here, person: string, idr = 600_000): Debit => ({
  reference: here.orders[person] as string,
  idr,
});
