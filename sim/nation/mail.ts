/** What the mail servers answered: email-events.ndjson. */
import type { Nation } from './nation.ts';
import { Purpose } from './random.ts';
import type { Registration } from './registrations.ts';
import { iso } from './text.ts';

/** A template of one event without its registration and time. */
type Event = string;

const DELIVERED: Event = '"type":"delivered"';
const CONFIRMED: Event = '"type":"confirmed"';
const COMPLAINED: Event = '"type":"complained"';
const DEFERRED: Event = '"type":"deferred"';

function bounced(dsn: string, diagnostic: string): Event {
  return `"type":"bounced","dsn":"${dsn}","diagnostic":"smtp; ${diagnostic}"`;
}

const HARD: readonly Event[] = [
  bounced('5.1.1', '550-5.1.1 The email account that you tried to reach does not exist.'),
  bounced('5.1.1', '550 5.1.1 unknown or illegal alias'),
  bounced('5.1.10', '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'),
  bounced('5.2.1', '550 5.2.1 The email account that you tried to reach is disabled.'),
];
const NO_DOMAIN = bounced('5.1.2', '550 5.1.2 Host unknown: no such domain');
const FULL: readonly Event[] = [
  bounced('5.2.2', '552-5.2.2 The email account that you tried to reach is over quota.'),
  bounced('4.2.2', '452-4.2.2 The email account that you tried to reach is over quota.'),
  bounced('5.2.2', '554 5.2.2 mailbox full; sorry, quota exceeded'),
];
const SLOW: readonly Event[] = [
  DEFERRED,
  bounced('4.4.1', '421 4.4.1 Connection timed out'),
  bounced('4.7.0', '421 4.7.0 Temporarily deferred due to user complaints, try again later'),
  bounced('4.3.2', '451 4.3.2 System not accepting network messages, please try later'),
];
const BLOCKED: readonly Event[] = [
  bounced('5.7.1', '550-5.7.1 Our system has detected that this message is likely unsolicited mail.'),
  bounced('5.7.1', '554 5.7.1 Message rejected: sending address is on a block list'),
];

function pick(list: readonly Event[], bits: number): Event {
  return list[bits % list.length] as Event;
}

/** The events of a passed check, in the order of time. `confirmed` outranks everything, before or after. */
function passing(kind: number, bits: number): Event[] {
  if (kind < 450) return [DELIVERED];
  if (kind < 550) return [CONFIRMED];
  if (kind < 850) return [DELIVERED, CONFIRMED];
  if (kind < 900) return [DEFERRED, DELIVERED];
  if (kind < 930) return [pick(FULL, bits), DELIVERED];
  if (kind < 950) return [pick(HARD, bits), CONFIRMED];
  if (kind < 970) return [CONFIRMED, pick(HARD, bits)];
  if (kind < 985) return [DEFERRED, pick(SLOW, bits), DELIVERED, CONFIRMED];
  if (kind < 1000) return [CONFIRMED, COMPLAINED];
  return [pick(HARD, bits), DELIVERED];
}

/** The events of a registration in the order of time: the latest decides. */
function eventsOf(registration: Registration, kind: number, bits: number): Event[] {
  const { fate, email } = registration;
  switch (fate) {
    case 'email_syntax':
    case 'email_no_answer':
      return [];
    case 'email_disposable':
      return kind < 700 ? [DELIVERED] : [];
    case 'email_hard_bounce': {
      const known = /@(gmail|yahoo|hotmail|ymail|outlook|rocketmail)\./.test(email);
      const hard = known ? pick(HARD, bits) : NO_DOMAIN;
      return kind < 700 || !known ? [hard] : kind < 850 ? [DEFERRED, hard] : [DELIVERED, hard];
    }
    case 'email_complained':
      return [DELIVERED, COMPLAINED];
    case 'email_mailbox_full':
      return kind < 700 ? [pick(FULL, bits)] : [kind & 1 ? DEFERRED : pick(FULL, bits >>> 4), pick(FULL, bits)];
    case 'email_deferred':
      return kind < 700 ? [pick(SLOW, bits)] : [pick(FULL, bits), pick(SLOW, bits >>> 4)];
    case 'email_blocked':
      return kind < 700 ? [pick(BLOCKED, bits)] : [pick(SLOW, bits >>> 4), pick(BLOCKED, bits)];
    default:
      return passing(kind, bits);
  }
}

const STEP_SECONDS = 5_400;

/** The lines of a registration's events; every third of those with several is written latest first. */
export function mailLines(nation: Nation, registration: Registration): string {
  const { dice } = nation;
  const { index, id } = registration;
  const events = eventsOf(registration, dice.bits(index, Purpose.mailCase) % 1010, dice.bits(index, Purpose.mailText));
  const delay = dice.bits(index, Purpose.mailDelay) % STEP_SECONDS;
  const reversed = dice.bits(index, Purpose.mailOrder) % 3 === 0;
  let lines = '';
  for (let n = 0; n < events.length; n++) {
    const at = iso(registration.registeredAt + 5 + delay + n * STEP_SECONDS);
    const line = `{"registration_id":"${id}",${events[n]},"at":"${at}"}\n`;
    lines = reversed ? line + lines : lines + line;
  }
  return lines;
}
