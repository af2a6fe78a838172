import {
  type DueRow,
  type NotDueRow,
  type ParticipantRow,
  participantsAfter,
  storeDue,
  storeNotDue,
} from '../db/payout.ts';
import { prepareRun } from '../db/payout-runs.ts';
import { loadPolicy } from '../db/run.ts';
import { payoutReasons, waitingReasons } from '../jobs/payout-reasons.ts';
import type { Policy } from '../jobs/policy.ts';
import { wibDate } from '../jobs/time.ts';
import { dueInstalments, ourFaults, trainingEvents } from '../workers/payout/rules.ts';
import type { Office } from '../workers/runtime/office.ts';
import { startProgress } from './progress.ts';

const PAGE = 5000;
/** What an account's owner can put right, and what training brings: such instalments are looked at again. What an operator held stays held. */
const passing = Object.keys(payoutReasons).filter(
  (reason) => reason.startsWith('account_') || Object.hasOwn(waitingReasons, reason),
);

/** Judges every participant page by page and makes a run of what is due; one transaction, so a kill leaves nothing half prepared. */
export function prepareDue({ db, config }: Office, by: string) {
  const now = config.now();
  const asOf = wibDate(now);
  const policies = new Map<number, Policy>();
  return db.transaction().execute(async (tx) => {
    const progress = startProgress('prepare', 'participants');
    let after = '0';
    let seen = 0;
    for (;;) {
      const page = await participantsAfter(tx, after, now, PAGE);
      for (const { policyId } of page) {
        if (!policies.has(policyId)) policies.set(policyId, await loadPolicy(tx, policyId));
      }
      const rows = page.map((person) => instalmentRows(person, policies.get(person.policyId) as Policy, asOf));
      const due = rows.flatMap((person) => person.due);
      await storeDue(tx, due, { passing, ourFaults }, now);
      await storeNotDue(
        tx,
        rows.flatMap((person) => person.notDue),
        passing,
      );
      seen += page.length;
      progress.update(seen);
      if (page.length < PAGE) break;
      after = (page.at(-1) as ParticipantRow).nik;
    }
    progress.end();
    return prepareRun(tx, asOf, by);
  });
}

/** What is due, or why it cannot be paid; and of somebody who waits for something what is not due, and why. */
function instalmentRows(person: ParticipantRow, policy: Policy, asOf: string): { due: DueRow[]; notDue: NotDueRow[] } {
  const accounts = person.accounts.map((account) => ({ ...account, linkedAt: new Date(account.linkedAt) }));
  const { nik, reg, batch, waiting } = person;
  const due: DueRow[] = [];
  const notDue: NotDueRow[] = [];
  for (const instalment of dueInstalments(person, trainingEvents(person.events), accounts, policy.payout, asOf)) {
    const { kind, number, amountIdr } = instalment;
    if (instalment.status === 'not_due') {
      const { dueOn, why } = instalment;
      if (waiting) notDue.push({ nik, batch, kind, number, dueOn, reason: dueOn === null ? why : '' });
      continue;
    }
    const reason = instalment.status === 'payable' ? '' : instalment.reason;
    due.push({ nik, reg, batch, kind, number, amountIdr, dueOn: instalment.dueOn, reason });
  }
  return { due, notDue };
}
