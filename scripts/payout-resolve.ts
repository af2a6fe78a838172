import { daysOfUnknown, uncoveredDays } from '../db/doubt.ts';
import { knowPayingAccount } from '../db/paying-accounts.ts';
import { openResolution, tooEarlyToAsk } from '../db/payout.ts';
import { finishRuns } from '../db/payout-runs.ts';
import { fail, refuse } from '../jobs/errors.ts';
import type { Office } from '../workers/runtime/office.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { sentence, statesOf, work } from './payout-work.ts';

/** `payout resolve`: asks the bank about what is unknown; sends again only when bank and statement agree that it never arrived. */
export function resolve(): Promise<Report> {
  return withOffice(resolveUnknown);
}

export async function resolveUnknown(office: Office): Promise<Report> {
  const { db, config } = office;
  if (!config.bank) throw refuse('BANK_URL is not set: the bank cannot be asked');
  await knowPayingAccount(db, config.bank.sourceAccount, 'api');
  const count = await db.transaction().execute((tx) => openResolution(tx, config.now()));
  const early = await tooEarlyToAsk(db, config.now());
  const ended = await work(office, 'resolve', count);
  await finishRuns(db);
  if (ended.kind === 'interrupted')
    throw fail(
      'stopped while the bank was asked: what it has said is kept. Give "prakerja payout resolve" again: it asks about the others',
    );
  const states = await statesOf(office);
  const left = states.unknown ?? 0;
  const sending = states.submitting ?? 0;
  const text = `${count} orders were asked about; ${left} are still unknown. ${sentence(states)}`;
  if (left + sending === 0) return done({ asked: count, unknown: left, states }, text);
  const dead = `${sending} are in the hands of a worker, which may have died: give the command again in two minutes.`;
  const lost = await uncoveredDays(db);
  const unknown = await daysOfUnknown(db);
  const later = `${early} were sent less than their policy's minutes ago and not asked about: give the command again later.`;
  const toSend = `Since the restore, statements of these days are wanted before anything is sent: ${lost.join(', ')}`;
  const toKnow = `What is unknown waits for the statements of these days, fetched when the day was over: ${unknown.join(', ')}`;
  const wanted = [...new Set([...lost, ...unknown])].sort();
  const json = { asked: count, too_early: early, unknown: left, states, statements_wanted: wanted };
  return needsPerson(
    json,
    text,
    ...(sending > 0 ? [dead] : []),
    ...(early > 0 ? [later] : []),
    ...(lost.length > 0 ? [toSend] : []),
    ...(unknown.length > 0 ? [toKnow] : []),
  );
}
