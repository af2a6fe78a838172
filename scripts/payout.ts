import { holdPerson, releaseHold } from '../db/payment-holds.ts';
import { payoutCounts } from '../db/payout.ts';
import { openOfRun, policiesOfRun, releaseRun, stopRun } from '../db/payout-runs.ts';
import { refuse } from '../jobs/errors.ts';
import { formatRupiah } from '../jobs/money.ts';
import { approversFor } from '../jobs/policy.ts';
import { wibDate } from '../jobs/time.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { done, type Report, withOffice } from './command.ts';
import { personName, runNumber } from './options.ts';
import { prepareDue } from './payout-prepare.ts';
import { statesOf } from './payout-work.ts';

export { resolve, resolveUnknown } from './payout-resolve.ts';
export { submit, submitRun } from './payout-submit.ts';

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
  const today = wibDate(new Date());
  const early = `Today is ${today}: what is due by ${asOf} is paid as soon as this run is released and sent. If that is too early, stop it: prakerja payout stop ${run}`;
  return done(
    { run, count, total_idr: totalIdr, held },
    `Payout run ${run}: ${count} instalments, ${formatRupiah(BigInt(totalIdr))}, due by ${asOf}.`,
    ...(asOf > today ? [early] : []),
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
          `Payout run ${run}, due by ${asOf}, is released: ${what}. ${funds}`,
          `Next: prakerja payout submit ${run}`,
        )
      : done(
          json,
          `${approvals} of ${needed} people have agreed to payout run ${run}, due by ${asOf}: ${what}. Another person: prakerja payout release ${run} --by OTHER`,
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
