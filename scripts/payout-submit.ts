import { type AccountCounts, accountCounts, openInquiry } from '../db/account-inquiries.ts';
import { sendInBulk } from '../db/bulk-orders.ts';
import { knowPayingAccount } from '../db/paying-accounts.ts';
import { openSubmission } from '../db/payout.ts';
import { findRun, finishRuns, wentByFile } from '../db/payout-runs.ts';
import { sentOfRun, statesOfRun, waitNoLonger, whyStopped } from '../db/payout-sent.ts';
import { fail, refuse } from '../jobs/errors.ts';
import { ourFaults, stoppingCodes } from '../workers/payout/rules.ts';
import type { Office } from '../workers/runtime/office.ts';
import { whyNoEntry } from '../workers/runtime/stages.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { runNumber } from './options.ts';
import { type Ended, sentence, statesOf, work } from './payout-work.ts';

/** `payout submit RUN`: asks whose the accounts are, then sends it. Interrupted, it goes on where it was; nothing is sent twice. */
export function submit(text: string, options: SubmitOptions = {}): Promise<Report> {
  const run = runNumber(text);
  return withOffice((office) => submitRun(office, run, options));
}

interface SubmitOptions {
  /** Many orders in one call; a run that was begun so goes on so. */
  readonly bulk?: boolean;
}

export async function submitRun(office: Office, run: string, { bulk }: SubmitOptions = {}): Promise<Report> {
  const { db, config } = office;
  if (!config.bank) throw refuse('BANK_URL is not set: payouts can be prepared and released, not submitted');
  const { state: before } = await findRun(db, run);
  if (before === 'done' && !(await wentByFile(db, run))) return sentAlready(office, run);
  await knowPayingAccount(db, config.bank.sourceAccount, 'api');
  if (before === 'released') await mustBeLetIn(office, run);
  const earlier = await sentOfRun(db, run);
  const accounts = await inquire(office, run);
  const count = await db.transaction().execute(async (tx) => {
    if (bulk) await sendInBulk(tx, run);
    await waitNoLonger(tx);
    return openSubmission(tx, run);
  });
  const ended = await work(office, `submit run ${run}`, count);
  await finishRuns(db);
  const { state } = await findRun(db, run);
  const sent = (await sentOfRun(db, run)) - earlier;
  if (state === 'released' && ended.kind !== 'quiet') throw await notAllSent(office, run, sent, ended);
  const json = { run, state, sent, accounts, states: await statesOf(office) };
  if (state === 'stopped') return stoppedByBank(office, run, json);
  const { confirmed, wrong, unanswered } = accounts;
  const asked = `The bank confirmed ${confirmed} accounts, said of ${wrong} that they cannot be paid, and did not answer for ${unanswered}.`;
  const { unknown = 0 } = await statesOfRun(db, run);
  const what = unknown > 0 ? `${sent} orders were sent, and ${unknownOnes(unknown)}` : `${sent} orders were sent.`;
  const next = unknown > 0 ? [] : ['Next: prakerja reconcile --statement FILE'];
  return done(json, `Payout run ${run}: ${what} ${sentence(json.states)}`, asked, ...next);
}

function unknownOnes(unknown: number): string {
  return `${unknown} are unknown: "prakerja payout resolve" asks the bank.`;
}

/** A command that was killed can be given again, also when it had done all there was. */
async function sentAlready(office: Office, run: string): Promise<Report> {
  const { unknown = 0 } = await statesOfRun(office.db, run);
  const json = { run, state: 'done', sent: 0, states: await statesOf(office) };
  const open = unknown > 0 ? ` ${unknownOnes(unknown)}` : '';
  return done(json, `Payout run ${run} was sent already, nothing to do.${open} ${sentence(json.states)}`);
}

/** @throws exit 1 when the bank gives no token: nothing is ordered that could not leave us */
async function mustBeLetIn({ config }: Office, run: string): Promise<void> {
  const why = await whyNoEntry(config);
  if (why === undefined) return;
  throw fail(
    `nothing was sent, what was not sent before stays released: ${why}. See that the bank answers, and that BANK_URL, BANK_CLIENT_ID and BANK_PRIVATE_KEY_FILE are right; then give "prakerja payout submit ${run}" again`,
  );
}

/** Asks the bank whose the run's accounts are, once each. What it does not say holds nobody up. */
async function inquire(office: Office, run: string): Promise<AccountCounts> {
  const { db, config } = office;
  const count = await db.transaction().execute((tx) => openInquiry(tx, run, config.now()));
  if (count > 0 && (await work(office, `accounts of run ${run}`, count)).kind === 'interrupted')
    throw fail('stopped while the bank was asked about the accounts: what was sent before is kept, run this again');
  return accountCounts(db, run, config.now());
}

/** Before all of a run was sent: what is kept, and what to do. */
async function notAllSent({ db }: Office, run: string, sent: number, ended: Ended): Promise<Error> {
  const { released = 0, submitting = 0, unknown = 0 } = await statesOfRun(db, run);
  const open = submitting + unknown;
  const asks = open > 0 ? '; "prakerja payout resolve" asks the bank about the unknown' : '';
  const cut = ended.kind === 'no_entry' ? `payout run ${run} is not sent to its end, ${ended.why}` : '';
  return fail(
    `${cut || `stopped while payout run ${run} was sent`}: ${sent} orders were sent, ${open} are unknown, ${released} stay released. Give "prakerja payout submit ${run}" again: it sends those, and nothing twice${asks}`,
  );
}

/** The bank refused for a reason of ours: who comes into the next run by themselves, and who after `payout stop`. */
async function stoppedByBank({ db }: Office, run: string, json: { states: Record<string, number> }): Promise<Report> {
  const { released = 0, unknown = 0 } = await statesOfRun(db, run);
  const { codes, refused } = await whyStopped(db, run, stoppingCodes, ourFaults);
  const asked = unknown > 0 ? [`Of this run ${unknownOnes(unknown)}`] : [];
  return needsPerson(
    json,
    `Payout run ${run} was stopped: the bank refused for a reason of ours (funds, rights or credentials): ${codes.join(', ')}. ${sentence(json.states)}`,
    ...asked,
    `When the cause is gone: "prakerja payout stop ${run}" makes the ${released} that were not sent due again; then "prakerja payout prepare" takes them, and the ${refused} that were refused for it as new orders, which another person releases.`,
  );
}
