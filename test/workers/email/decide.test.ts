import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinPolicy } from '../../../jobs/policy.ts';
import {
  decideEmail,
  type EmailEvent,
  type EmailQuestion,
  givesUpAt,
  nextSendAt,
} from '../../../workers/email/rules.ts';

const HOUR_MS = 3_600_000;
const start = new Date('2020-04-11T09:00:00+07:00');
const hoursLater = (hours: number): Date => new Date(start.getTime() + hours * HOUR_MS);
const policy = builtinPolicy.email;

function event(type: EmailEvent['type'], at: number, dsn: string | null = null): EmailEvent {
  return { type, at, dsn, diagnostic: null };
}

function ask(changes: Partial<EmailQuestion>): EmailQuestion {
  const sends = { count: 1, lastSentAt: start };
  return { email: 'siti@gmail.com', events: [], sends, policy, now: start, canSend: true, ...changes };
}

const full = event('bounced', 1, '5.2.2');

describe('decideEmail', () => {
  it.each<[string, Partial<EmailQuestion>, string]>([
    ['bad syntax', { email: 'siti@', events: [event('confirmed', 1)] }, 'rejected email_syntax'],
    [
      'a throw-away domain',
      { email: 'a@mailinator.com', events: [event('delivered', 1)] },
      'rejected email_disposable',
    ],
    ['nothing heard', {}, 'waiting email_no_answer'],
    ['delivered', { events: [event('delivered', 1)] }, 'passed '],
    [
      'confirmed, though it bounced later',
      { events: [event('confirmed', 1), event('bounced', 2, '5.1.1')] },
      'passed ',
    ],
    [
      'confirmed, though it bounced before',
      { events: [event('bounced', 1, '5.1.1'), event('confirmed', 2)] },
      'passed ',
    ],
    ['a hard bounce', { events: [event('bounced', 1, '5.1.1')] }, 'rejected email_hard_bounce'],
    [
      'a hard bounce after delivered',
      { events: [event('delivered', 1), event('bounced', 2, '5.1.1')] },
      'rejected email_hard_bounce',
    ],
    ['delivered after a hard bounce', { events: [event('delivered', 2), event('bounced', 1, '5.1.1')] }, 'passed '],
    [
      'a bounce in the same moment',
      { events: [event('bounced', 1, '5.1.1'), event('delivered', 1)] },
      'rejected email_hard_bounce',
    ],
    [
      'a complaint after delivered',
      { events: [event('delivered', 1), event('complained', 2)] },
      'rejected email_complained',
    ],
    ['a full mailbox', { events: [full] }, 'waiting email_mailbox_full'],
    ['a full mailbox, later emptied', { events: [event('delivered', 2), full] }, 'passed '],
    ['blocked', { events: [event('bounced', 1, '5.7.1')] }, 'waiting email_blocked'],
    ['deferred', { events: [event('deferred', 1)] }, 'waiting email_deferred'],
    ['deferred in the words of a hard bounce', { events: [event('deferred', 1, '5.1.1')] }, 'waiting email_deferred'],
    ['a bounce nobody understands', { events: [event('bounced', 1)] }, 'waiting email_deferred'],
  ])('%s', (_, changes, expected) => {
    const { outcome, reason } = decideEmail(ask(changes));
    expect(`${outcome} ${reason}`).toBe(expected);
  });

  it('wants a confirmation where the policy does', () => {
    const strict = { ...policy, require: 'confirmed' as const };
    expect(decideEmail(ask({ policy: strict, events: [event('delivered', 1)] }))).toMatchObject({
      reason: 'email_no_answer',
      dueAt: hoursLater(1),
    });
    expect(decideEmail(ask({ policy: strict, events: [event('confirmed', 1)] })).outcome).toBe('passed');
  });

  it('lets throw-away domains in where the policy does', () => {
    const lax = { ...policy, reject_disposable: false };
    expect(decideEmail(ask({ policy: lax, email: 'a@mailinator.com', events: [event('delivered', 1)] })).outcome).toBe(
      'passed',
    );
  });

  it('notes what was probably meant, and applies nothing', () => {
    expect(decideEmail(ask({ email: 'siti@gmaill.con' })).detail).toBe('suggest gmail.com');
    expect(decideEmail(ask({ email: 'siti@gmaill.con', events: [full] })).detail).toBe('5.2.2; suggest gmail.com');
    expect(decideEmail(ask({ email: 'siti@gmaill.con', events: [event('delivered', 1)] })).outcome).toBe('passed');
  });
});

describe('the schedule of re-sends', () => {
  // 1, 6, 24 and 72 hours, each from the previous send: 0, 1, 7, 31, 103; the end is at 175.
  it.each([
    [1, 0, 1],
    [2, 1, 7],
    [3, 7, 31],
    [4, 31, 103],
  ])('send %i at hour %i is followed at hour %i', (count, sentAt, next) => {
    const sends = { count, lastSentAt: hoursLater(sentAt) };
    expect(nextSendAt(sends, policy)).toEqual(hoursLater(next));
    expect(givesUpAt(sends, policy)).toBeNull();
    expect(decideEmail(ask({ sends, events: [full], now: hoursLater(10_000) }))).toMatchObject({
      reason: 'email_mailbox_full',
      dueAt: hoursLater(next),
    });
  });

  it('gives up one last interval after the last re-send, not a millisecond before', () => {
    const sends = { count: 5, lastSentAt: hoursLater(103) };
    expect(nextSendAt(sends, policy)).toBeNull();
    const waiting = decideEmail(ask({ sends, events: [full], now: new Date(hoursLater(175).getTime() - 1) }));
    expect(waiting).toMatchObject({ reason: 'email_mailbox_full', dueAt: hoursLater(175) });
    expect(decideEmail(ask({ sends, events: [full], now: hoursLater(175) }))).toMatchObject({
      outcome: 'rejected',
      reason: 'email_unreachable',
      dueAt: null,
    });
  });

  it('sends the first mail at once', () => {
    const sends = { count: 0, lastSentAt: null };
    expect(decideEmail(ask({ sends, now: hoursLater(3) })).dueAt).toEqual(hoursLater(3));
  });

  it('neither sends nor gives up without a mail server, or without re-sends in the policy', () => {
    const sends = { count: 5, lastSentAt: start };
    const long = hoursLater(100_000);
    expect(decideEmail(ask({ sends, now: long, canSend: false }))).toMatchObject({ outcome: 'waiting', dueAt: null });
    const none = { ...policy, retry_hours: [] };
    expect(decideEmail(ask({ sends, now: long, policy: none }))).toMatchObject({ outcome: 'waiting', dueAt: null });
  });
});

describe('properties', () => {
  const anyEvent = fc.record({
    type: fc.constantFrom('delivered', 'deferred', 'bounced', 'complained', 'confirmed'),
    at: fc.integer({ min: 0, max: 5 }),
    dsn: fc.constantFrom(null, '', '5.1.1', '5.2.2', '5.7.1', '4.4.1', '5.0.0'),
    diagnostic: fc.option(fc.string()),
  });
  const outcomes = (events: readonly EmailEvent[]) => decideEmail(ask({ events }));

  it('passes only with a delivery or a confirmation', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        if (outcomes(events).outcome !== 'passed') return;
        expect(events.some(({ type }) => type === 'delivered' || type === 'confirmed')).toBe(true);
      }),
    );
  });

  it('always passes with a confirmation, whatever else came', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        expect(outcomes([...events, event('confirmed', 0)]).outcome).toBe('passed');
      }),
    );
  });

  it('does not depend on the order in which events arrive', () => {
    const timed = fc.uniqueArray(anyEvent, { selector: ({ at, type }) => `${at}${type}` });
    fc.assert(
      fc.property(timed, (events) => {
        expect(outcomes([...events].reverse())).toEqual(outcomes(events));
      }),
    );
  });
});
