import { type AccountCounts, accountCounts, openInquiry } from '../db/account-inquiries.ts';
import { sendInBulk } from '../db/bulk-orders.ts';
import { uncoveredDays } from '../db/doubt.ts';
import { knowPayingAccount } from '../db/paying-accounts.ts';
import { holdPerson, releaseHold } from '../db/payment-holds.ts';
import { openResolution, openSubmission, payoutCounts, tooEarlyToAsk } from '../db/payout.ts';
import { findRun, finishRuns, openOfRun, policiesOfRun, releaseRun, stopRun } from '../db/payout-runs.ts';
import { failedChunks } from '../db/status.ts';
import { fail, refuse } from '../jobs/errors.ts';
import { formatRupiah } from '../jobs/money.ts';
import { approversFor } from '../jobs/policy.ts';
import { wibDate } from '../jobs/time.ts';
import type { Office } from '../workers/runtime/office.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import { dispatch } from '../workers/runtime/sweeper.ts';
import { startWorker, untilQuiet } from '../workers/runtime/worker.ts';
import { inNameOf } from './actor.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { personName, runNumber } from './options.ts';
import { prepareDue } from './payout-prepare.ts';
import { startProgress } from './progress.ts';

/** `payout prepare --by WHO`: makes a run of what is due as of now. */
export function prepare(options: { by: string }): Promise<Report> {
  const by = personName('--by', options.by);
  return inNameOf({ name: by, role: 'finance' }, (office) => prepareRunOf(office, by));
}

/** The same for a caller that already has an office: the demo. */
export async function prepareRunOf(office: Office, by: string): Promise<Report> {
  const asOf = wibDate(office.config.now());
  const prepared = await prepareDue(office, by);
  const held = (await statesOf(office)).held ?? 0;
  const heldText =
    held > 0
      ? [`${held} instalments are held: "prakerja report accounts --out FILE" says which accounts must be put right.`]
      : [];
  if (!prepared)
    return done(
      { run: null, count: 0, total_idr: '0', held },
      `Nothing that can be paid is due on ${asOf}.`,
      ...heldText,
    );
  const { run, count, totalIdr } = prepared;
  return done(
    { run, count, total_idr: totalIdr, held },
    `Payout run ${run}: ${count} instalments, ${formatRupiah(BigInt(totalIdr))}, due by ${asOf}.`,
    ...heldText,
    `Another person releases it: prakerja payout release ${run} --by OTHER`,
  );
}

/** `payout release RUN --by OTHER`: one agreement; with the last that the policies of its batches want it is released. */
export function release(run: string, options: { by: string }): Promise<Report> {
  const by = personName('--by', options.by);
  return inNameOf({ name: by, role: 'approver' }, async (office) => {
    const { count, totalIdr, approvals, needed, funded, asOf, verified } = await releaseIt(office, runNumber(run), by);
    const released = approvals >= needed;
    const what = `${count} instalments, ${formatRupiah(BigInt(totalIdr))}`;
    const funds = funded
      ? 'The money is held.'
      : 'Funds were not checked: "payout fund" records what the state pays in.';
    const names = verified ? '' : ' The names are not verified: "prakerja operator add" gives each person a token.';
    const json = {
      run,
      count,
      total_idr: totalIdr,
      released,
      approvals,
      approvals_needed: needed,
      funds_checked: funded === true,
      as_of: asOf,
      names_verified: verified,
    };
    return released
      ? done(
          json,
          `Payout run ${run}, due by ${asOf}, is released: ${what}. ${funds}${names}`,
          `Next: prakerja payout submit ${run}`,
        )
      : done(
          json,
          `${approvals} of ${needed} people have agreed to payout run ${run}, due by ${asOf}: ${what}.${names} Another person: prakerja payout release ${run} --by OTHER`,
        );
  });
}

export function releaseIt({ db, config }: Office, run: string, by: string) {
  return db.transaction().execute(async (tx) => {
    const policies = await policiesOfRun(tx, run);
    const most = (total: bigint) => Math.max(1, ...policies.map((policy) => approversFor(policy, total)));
    return releaseRun(tx, { run, by, now: config.now(), approversFor: most });
  });
}

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
  if (!office.config.bank) throw refuse('BANK_URL is not set: payouts can be prepared and released, not submitted');
  await knowPayingAccount(office.db, office.config.bank.sourceAccount, 'api');
  const accounts = await inquire(office, run);
  const count = await office.db.transaction().execute(async (tx) => {
    if (bulk) await sendInBulk(tx, run);
    return openSubmission(tx, run);
  });
  await work(office, `submit run ${run}`, count);
  await finishRuns(office.db);
  const { state } = await findRun(office.db, run);
  const byState = await statesOf(office);
  const summary = sentence(byState);
  if (state === 'stopped')
    return needsPerson(
      { run, state, sent: count, accounts, states: byState },
      `Payout run ${run} was stopped: the bank refused for a reason of ours (funds or rights). ${summary}`,
    );
  const { confirmed, wrong, unanswered } = accounts;
  const asked = `The bank confirmed ${confirmed} accounts, said of ${wrong} that they cannot be paid, and did not answer for ${unanswered}.`;
  const unknown = byState.unknown ?? 0;
  const next =
    unknown > 0
      ? `${unknown} are unknown: "prakerja payout resolve" asks the bank.`
      : 'Next: prakerja reconcile --statement FILE';
  const sent = `Payout run ${run} was sent. ${summary}`;
  return done({ run, state, sent: count, accounts, states: byState }, sent, asked, next);
}

/** Asks the bank whose the run's accounts are, once each. What it does not say holds nobody up. */
async function inquire(office: Office, run: string): Promise<AccountCounts> {
  const { db, config } = office;
  const count = await db.transaction().execute((tx) => openInquiry(tx, run, config.now()));
  if (count > 0 && !(await work(office, `accounts of run ${run}`, count)))
    throw fail('stopped while the bank was asked about the accounts; nothing was sent, run this again');
  return accountCounts(db, run, config.now());
}

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
  await work(office, 'resolve', count);
  await finishRuns(db);
  const states = await statesOf(office);
  const left = states.unknown ?? 0;
  const sending = states.submitting ?? 0;
  const text = `${count} orders were asked about; ${left} are still unknown. ${sentence(states)}`;
  if (left + sending === 0) return done({ asked: count, unknown: left, states }, text);
  const dead = `${sending} are in the hands of a worker, which may have died: give the command again in two minutes.`;
  const days = await uncoveredDays(db);
  const later = `${early} were sent less than their policy's minutes ago and not asked about: give the command again later.`;
  const wanted = `Since the restore, statements of these days are wanted before anything is sent: ${days.join(', ')}`;
  const json = { asked: count, too_early: early, unknown: left, states, statements_wanted: days };
  return needsPerson(
    json,
    text,
    ...(sending > 0 ? [dead] : []),
    ...(early > 0 ? [later] : []),
    ...(days.length > 0 ? [wanted] : []),
  );
}

/** Runs payout workers in this process until nothing of it is open. A signal stops cleanly, before that: false. */
async function work(office: Office, title: string, total: number): Promise<boolean> {
  const stop = stopOnSignals();
  await dispatch(office.db, await office.queues());
  const worker = await startWorker(office, { stages: ['payout'] });
  const progress = startProgress(title, 'chunks');
  const chunks = Math.max(1, Math.ceil(total / 50));
  let ended: boolean;
  try {
    ended = await untilQuiet(office, ['payout'], stop, ({ open }) =>
      progress.update(Math.max(0, chunks - (open.payout ?? 0)), chunks),
    );
  } finally {
    progress.end();
    await worker.close();
  }
  const failed = (await failedChunks(office.db)).filter((chunk) => chunk.stage === 'payout');
  if (failed.length > 0)
    throw fail(
      `${failed.length} chunks of payments failed, the first: ${failed[0]?.error}. What was sent is kept; run this again when the cause is gone`,
    );
  return ended;
}

/** `payout stop RUN` */
export function stop(text: string, options: { by?: string } = {}): Promise<Report> {
  const run = runNumber(text);
  return inNameOf({ name: options.by, role: 'finance' }, async (office, by) => {
    const back = await stopIt(office, run, by);
    const open = await openOfRun(office.db, run);
    return done(
      { run, due_again: back, may_be_at_bank: open },
      `Payout run ${run} is stopped: ${back} instalments were not sent and are due again.`,
      ...(open > 0
        ? [`${open} may be at the bank: "prakerja payout resolve" asks; what it never got is held, and not sent.`]
        : []),
    );
  });
}

export function stopIt({ db, config }: Office, run: string, by = 'cli'): Promise<number> {
  return db.transaction().execute((tx) => stopRun(tx, run, by, config.now()));
}

/** `payout hold REGISTRATION_ID --note WHY` */
export function hold(registrationId: string, options: { note: string; by?: string }): Promise<Report> {
  const note = options.note.trim();
  if (note === '') throw refuse('--note must say why');
  return inNameOf({ name: options.by, role: 'finance' }, async ({ db, config }, by) => {
    const { held, atBank } = await db
      .transaction()
      .execute((tx) => holdPerson(tx, registrationId, by, note, config.now()));
    return done(
      { held, at_bank: atBank },
      `${registrationId} is held, with ${held} instalments, and whatever becomes due, until "payout unhold".`,
      ...(atBank > 0 ? [`${atBank} may be at the bank or are: they are not sent again, but may be paid.`] : []),
    );
  });
}

/** `payout unhold REGISTRATION_ID --by WHO --note WHY` */
export function unhold(
  registrationId: string,
  options: { by: string; note: string; sameAccount?: boolean; bankAsked?: boolean },
): Promise<Report> {
  const by = personName('--by', options.by);
  const note = options.note.trim();
  if (note === '') throw refuse('--note must say why');
  return inNameOf({ name: by, role: 'finance' }, async ({ db, config }) => {
    const { sameAccount, bankAsked } = options;
    const letting = { registrationId, by, note, sameAccount, bankAsked, now: config.now() };
    const { due, held } = await db.transaction().execute((tx) => releaseHold(tx, letting));
    const stay = `${held} stay held: money of them is out, or a debit of them is to be explained ("prakerja breaks list").`;
    return done(
      { due, held },
      `${due} instalments are due again; the next run takes them if lists and account allow.`,
      ...(held > 0 ? [stay] : []),
    );
  });
}

/** `payout status` */
export function status(): Promise<Report> {
  return withOffice(async ({ db }) => {
    const rows = await payoutCounts(db);
    const lines = rows.map(
      (row) =>
        `${row.kind.padEnd(12)}${row.state.padEnd(12)}${String(row.n).padStart(10)}  ${formatRupiah(BigInt(row.total_idr))}`,
    );
    return done(
      rows,
      ...(lines.length > 0
        ? lines
        : ['There are no instalments yet: "prakerja payout prepare --by WHO" makes them when they are due.']),
    );
  });
}

async function statesOf({ db }: Office): Promise<Record<string, number>> {
  const states: Record<string, number> = {};
  for (const { state, n } of await payoutCounts(db)) states[state] = (states[state] ?? 0) + n;
  return states;
}

function sentence(states: Record<string, number>): string {
  return `Instalments now: ${Object.entries(states)
    .map(([state, n]) => `${n} ${state}`)
    .join(', ')}.`;
}
