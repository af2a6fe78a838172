import type { Policy } from '../../jobs/policy.ts';
import type { Reason } from '../../jobs/reasons.ts';
import { passed, type Verdict, verdict } from '../../jobs/verdict.ts';
import { parseAddress } from './address.ts';
import { type BounceClass, classifyBounce, enhancedStatus } from './bounce.ts';
import { isDisposable } from './disposable.ts';
import { damerauLevenshtein, suggestDomain } from './suggestion.ts';

const MS_PER_HOUR = 3_600_000;

export type EmailPolicy = Policy['email'];
export type EmailEventType = 'delivered' | 'deferred' | 'bounced' | 'complained' | 'confirmed';

export interface EmailEvent {
  readonly type: EmailEventType;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly dsn: string | null;
  readonly diagnostic: string | null;
}

/** What we have sent to the present address: the first mail is send 1. */
export interface Sends {
  readonly count: number;
  readonly lastSentAt: Date | null;
}

export interface EmailQuestion {
  readonly email: string;
  /** Events about the present address; in any order. */
  readonly events: readonly EmailEvent[];
  readonly sends: Sends;
  readonly policy: EmailPolicy;
  readonly now: Date;
  /** Whether mail is really sent by us (`SMTP_URL` is set). */
  readonly canSend: boolean;
}

/** At the same moment the worse news counts: a bounce or a complaint comes after the delivery that it is about. */
const severity: Readonly<Record<EmailEventType, number>> = {
  delivered: 0,
  deferred: 1,
  bounced: 2,
  complained: 3,
  confirmed: 4,
};

const reasonOfBounce: Readonly<Record<BounceClass, Reason>> = {
  hard: 'email_hard_bounce',
  full: 'email_mailbox_full',
  blocked: 'email_blocked',
  deferred: 'email_deferred',
};

/**
 * The e-mail stage's rules (contract, section 4.2), read from top to bottom: syntax, disposable, then events.
 * `detail` holds the status code behind a bounce and the domain that was probably meant, never the address.
 */
export function decideEmail(question: EmailQuestion): Verdict {
  const { events, policy } = question;
  const address = parseAddress(question.email);
  if (address === null) return verdict('email_syntax');
  const meant = suggestDomain(address.domain);
  const suggestion = meant === null ? '' : `suggest ${meant}`;
  if (policy.reject_disposable && isDisposable(address.domain) && !isSlip(address.domain, meant))
    return verdict('email_disposable');

  const latest = latestEvent(events);
  if (latest?.type === 'confirmed') return passed(suggestion);
  if (latest?.type === 'delivered' && policy.require === 'delivered') return passed(suggestion);
  if (latest?.type === 'complained') return verdict('email_complained', suggestion);

  const reason = latest === undefined ? 'email_no_answer' : reasonOf(latest);
  const status = enhancedStatus(latest?.dsn ?? '') ?? '';
  const detail = status === '' || suggestion === '' ? status + suggestion : `${status}; ${suggestion}`;
  return reason === 'email_hard_bounce' ? verdict(reason, detail) : waitOrGiveUp(reason, detail, question);
}

/** The disposable lists also hold misspelt providers (gmial.com): one slip is no throw-away address, its bounce will tell. */
function isSlip(domain: string, meant: string | null): boolean {
  return meant !== null && damerauLevenshtein(domain, meant) === 1;
}

/** `confirmed` outranks everything; else the latest by `at`; at the same moment the most severe. */
function latestEvent(events: readonly EmailEvent[]): EmailEvent | undefined {
  let latest: EmailEvent | undefined;
  for (const event of events) {
    if (event.type === 'confirmed') return event;
    if (latest === undefined || event.at > latest.at) latest = event;
    else if (event.at === latest.at && severity[event.type] > severity[latest.type]) latest = event;
  }
  return latest;
}

function reasonOf(event: EmailEvent): Reason {
  if (event.type === 'delivered') return 'email_no_answer';
  const kind = classifyBounce(event.dsn, event.diagnostic);
  // A server that has only put us off has not refused the address, whatever else it wrote.
  return reasonOfBounce[event.type === 'deferred' && kind === 'hard' ? 'deferred' : kind];
}

function waitOrGiveUp(reason: Reason, detail: string, question: EmailQuestion): Verdict {
  const { sends, policy, now, canSend } = question;
  if (!canSend) return verdict(reason, detail);
  if (sends.count === 0) return verdict(reason, detail, now);
  const dueAt = nextSendAt(sends, policy);
  if (dueAt !== null) return verdict(reason, detail, dueAt);
  const end = givesUpAt(sends, policy);
  if (end !== null && end <= now) return verdict('email_unreachable', `${sends.count} sends, last ${reason}`);
  return verdict(reason, detail, end);
}

/**
 * When the next re-send is due: `retry_hours[count - 1]` after the previous send.
 * With [1, 6, 24, 72] and the first mail at 00:00: 01:00, 07:00, 07:00 of the next day, and three days after that.
 * @returns null before the first send (it is due at once) and when all re-sends are used.
 */
export function nextSendAt(sends: Sends, policy: EmailPolicy): Date | null {
  const hours = policy.retry_hours[sends.count - 1];
  return hours === undefined || sends.lastSentAt === null ? null : afterHours(sends.lastSentAt, hours);
}

/**
 * When we stop waiting: one last interval (the last of `retry_hours`) after the last re-send. In the example above the
 * fifth mail goes out 103 hours after the first, and the address is unreachable after 175 hours.
 * @returns null while re-sends remain, and for ever where the policy has no re-sends: there is no interval to wait.
 */
export function givesUpAt(sends: Sends, policy: EmailPolicy): Date | null {
  const hours = policy.retry_hours.at(-1);
  if (hours === undefined || sends.lastSentAt === null || sends.count <= policy.retry_hours.length) return null;
  return afterHours(sends.lastSentAt, hours);
}

function afterHours(at: Date, hours: number): Date {
  return new Date(at.getTime() + hours * MS_PER_HOUR);
}
