import type { InstalmentKind } from '../../jobs/ids.ts';
import type { Rupiah } from '../../jobs/money.ts';
import type { BankWord, PayoutReason } from '../../jobs/payout-reasons.ts';
import type { Policy } from '../../jobs/policy.ts';
import { addMonths, wibDate } from '../../jobs/time.ts';

export interface Participant {
  readonly nik: string;
  readonly revoked: boolean;
  /** A person holds whatever is due to them. */
  readonly onHold: boolean;
  /** WIB date on which incentive 1 was due when it was ordered; null: it was not yet. */
  readonly firstOrderedDueOn: string | null;
}

/** A line of training.csv about this participant and batch; other event names (purchased) are ignored. */
export interface TrainingEvent {
  readonly event: string;
  readonly trainingId: string;
  readonly at: Date;
}

/** The same from rows of the database, whose times are ISO 8601. */
export function trainingEvents(
  rows: readonly (Omit<TrainingEvent, 'at'> & { readonly at: string })[],
): TrainingEvent[] {
  return rows.map((row) => ({ ...row, at: new Date(row.at) }));
}

/** A line of accounts.csv, as far as paying depends on it. */
export interface Account {
  readonly linkedAt: Date;
  readonly channel: 'bank' | 'ewallet';
  readonly accountNumber: string;
  readonly holderNik: string;
  readonly kyc: boolean;
  readonly status: 'active' | 'inactive' | 'closed';
  /** What the bank has said of it since it was linked; null: nothing clear, which turns nobody away. */
  readonly bankSaid: BankWord | null;
}

/** What an instalment waits for. */
export type NotDueWhy = 'training_not_completed_and_rated' | 'survey_not_answered' | 'date_not_reached';

interface InstalmentBase {
  readonly kind: InstalmentKind;
  readonly number: number;
  readonly amountIdr: Rupiah;
}
export type Instalment = InstalmentBase &
  (
    | { readonly status: 'payable'; readonly dueOn: string }
    | { readonly status: 'not_payable'; readonly dueOn: string; readonly reason: PayoutReason }
    | { readonly status: 'not_due'; readonly dueOn: string | null; readonly why: NotDueWhy }
  );

/** The account that counts at a moment: the latest one linked by then; null when there is none. */
export function accountInForce<A extends Pick<Account, 'linkedAt'>>(accounts: readonly A[], at: Date): A | null {
  let latest: A | null = null;
  for (const account of accounts) {
    if (account.linkedAt <= at && (latest === null || account.linkedAt > latest.linkedAt)) latest = account;
  }
  return latest;
}

const bankReasons: Readonly<Record<BankWord, PayoutReason | null>> = {
  confirmed: null,
  other_name: 'account_name_mismatch',
  no_account: 'account_unknown_at_bank',
  not_active: 'account_not_active',
};

/** Why nothing can be paid to this account; null: it can. What was linked is judged first, then what the bank said. */
export function accountReason(nik: string, account: Account | null): PayoutReason | null {
  const reason = linkReason(nik, account);
  if (reason !== null || account === null || account.bankSaid === null) return reason;
  return bankReasons[account.bankSaid];
}

/** The same from what was linked alone (contract, section 7, in its order). */
export function linkReason(nik: string, account: Account | null): PayoutReason | null {
  if (account === null) return 'account_missing';
  if (account.holderNik !== nik) return 'account_holder_mismatch';
  if (account.channel === 'ewallet' && !account.kyc) return 'account_kyc_missing';
  if (account.status !== 'active') return 'account_not_active';
  return isNumber(account.accountNumber) ? null : 'account_number_invalid';
}

/** A number of at least four letters or digits, that no spreadsheet has spoilt (`=A1`, `9.9E+09`). */
function isNumber(text: string): boolean {
  const isSpoilt = /^[=@]|^\d+([.,]\d+)?E\+?\d+$|^0+$/i.test(text.trim());
  return !isSpoilt && text.replace(/[^A-Za-z0-9]/g, '').length >= 4;
}

/**
 * The moment at which some training was, for the first time, both completed and rated, in ms; null: none is yet.
 * Of several trainings the one that met both first counts, so that a rating added later to another training can never
 * move the date to a later day. (Taking the training that was completed first would: BPK found payments without
 * completion, not ones a month late, but a date that moves after an order was prepared is worse than either.)
 */
export function firstTrainingDone(events: readonly TrainingEvent[]): number | null {
  const completed = earliestByTraining(events, 'completed');
  const rated = earliestByTraining(events, 'rated');
  let first: number | null = null;
  for (const [training, completedMs] of completed) {
    const ratedMs = rated.get(training);
    if (ratedMs === undefined) continue;
    const bothMs = Math.max(completedMs, ratedMs);
    if (first === null || bothMs < first) first = bothMs;
  }
  return first;
}

/**
 * The first moment from `from` on at which the account in force can be paid to; null: never so far. It goes by what was
 * linked: what the bank says comes later, and must not move a day that had come.
 */
function payableSince(nik: string, accounts: readonly Account[], from: number): number | null {
  const ordered = [...accounts].sort((a, b) => a.linkedAt.getTime() - b.linkedAt.getTime());
  for (const [i, account] of ordered.entries()) {
    const until = ordered[i + 1]?.linkedAt.getTime() ?? Number.POSITIVE_INFINITY;
    if (until > from && linkReason(nik, account) === null) return Math.max(from, account.linkedAt.getTime());
  }
  return null;
}

function earliestByTraining(events: readonly TrainingEvent[], name: string): Map<string, number> {
  const earliest = new Map<string, number>();
  for (const { event, trainingId, at } of events) {
    if (event !== name) continue;
    earliest.set(trainingId, Math.min(at.getTime(), earliest.get(trainingId) ?? Number.POSITIVE_INFINITY));
  }
  return earliest;
}

/** The WIB date of the earliest answer to survey k; null: not answered. */
export function surveyDone(events: readonly TrainingEvent[], number: number): string | null {
  const times = events.filter((event) => event.event === `survey_${number}`).map((event) => event.at.getTime());
  return times.length === 0 ? null : wibDate(new Date(Math.min(...times)));
}

/**
 * What an instalment that a run has taken was not earned by, as training is known now; null: nothing is wanting. What was
 * ordered is history: it asks only before incentive 1 is ordered (BPK found payments without completion).
 */
export function notEarned(
  { kind, number, firstOrderedDueOn }: { kind: InstalmentKind; number: number; firstOrderedDueOn: string | null },
  events: readonly TrainingEvent[],
): Exclude<NotDueWhy, 'date_not_reached'> | null {
  if (kind === 'survey') return surveyDone(events, number) === null ? 'survey_not_answered' : null;
  return firstOrderedDueOn === null && firstTrainingDone(events) === null ? 'training_not_completed_and_rated' : null;
}

/**
 * Every instalment of one participation, incentives first: due and payable, due but not payable (and why), or not due.
 * Incentive 1 is due on the day when training and account are both in order for the first time, incentive k is due
 * k − 1 months after it, a survey on the day of its event (contract, section 7). Whatever the day, money only goes to an
 * account that is in order now. Somebody whose account never was is told why on the day the training was done.
 * @param accounts every link known by now
 * @param asOf WIB date, YYYY-MM-DD
 */
export function dueInstalments(
  participant: Participant,
  events: readonly TrainingEvent[],
  accounts: readonly Account[],
  policy: Policy['payout'],
  asOf: string,
): readonly Instalment[] {
  const inForce = accountInForce(accounts, new Date(8.64e15));
  const reason = reasonOf(participant, inForce);
  const judge = (base: InstalmentBase, dueOn: string | null, why: NotDueWhy): Instalment => {
    if (dueOn === null) return { ...base, status: 'not_due', dueOn: null, why };
    if (dueOn > asOf) return { ...base, status: 'not_due', dueOn, why: 'date_not_reached' };
    return reason === null ? { ...base, status: 'payable', dueOn } : { ...base, status: 'not_payable', dueOn, reason };
  };
  // What was ordered is history: news about an earlier training or account moves nothing that follows from it.
  const first = participant.firstOrderedDueOn ?? firstDueOn(participant.nik, events, accounts);
  const incentives = numbersTo(policy.incentive_times).map((number) => {
    const base: InstalmentBase = { kind: 'incentive', number, amountIdr: BigInt(policy.incentive_idr) };
    return judge(base, first && addMonths(first, number - 1), 'training_not_completed_and_rated');
  });
  const surveys = numbersTo(policy.survey_times).map((number) => {
    const base: InstalmentBase = { kind: 'survey', number, amountIdr: BigInt(policy.survey_idr) };
    return judge(base, surveyDone(events, number), 'survey_not_answered');
  });
  return [...incentives, ...surveys];
}

function reasonOf({ nik, revoked, onHold }: Participant, inForce: Account | null): PayoutReason | null {
  if (revoked) return 'participation_revoked';
  return onHold ? 'held_by_operator' : accountReason(nik, inForce);
}

/** The WIB date of incentive 1; null: no training is completed and rated. */
function firstDueOn(nik: string, events: readonly TrainingEvent[], accounts: readonly Account[]): string | null {
  const done = firstTrainingDone(events);
  return done === null ? null : wibDate(new Date(payableSince(nik, accounts, done) ?? done));
}

function numbersTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}
