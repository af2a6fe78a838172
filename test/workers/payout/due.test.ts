import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinPolicy } from '../../../jobs/policy.ts';
import { addMonths, wibDate } from '../../../jobs/time.ts';
import {
  type Account,
  accountInForce,
  accountReason,
  dueInstalments,
  firstTrainingDone,
  linkReason,
  surveyDone,
  type TrainingEvent,
} from '../../../workers/payout/rules.ts';

const NIK = '3273010101900001';
const policy = builtinPolicy.payout;
const participant = { nik: NIK, revoked: false, onHold: false, firstOrderedDueOn: null };
const bank: Account = {
  linkedAt: new Date('2020-09-01T00:00:00Z'),
  channel: 'bank',
  accountNumber: '0011200001',
  holderNik: NIK,
  kyc: false,
  status: 'active',
  bankSaid: null,
};
/** Linked before any training: what is due goes by the training alone. */
const OLD: Account = { ...bank, linkedAt: new Date('2020-08-01T00:00:00Z') };

function events(text: string): TrainingEvent[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([event = '', trainingId = '', at = '']) => ({ event, trainingId, at: new Date(at) }));
}

const DONE = events(`purchased A 2020-08-20T10:00:00+07:00
  completed A 2020-08-30T10:00:00+07:00
  rated     A 2020-08-31T10:00:00+07:00`);

describe('firstTrainingDone', () => {
  it.each<[string, string, string | null]>([
    ['nothing yet', 'purchased A 2020-08-01T00:00:00Z', null],
    ['completed, not rated', 'completed A 2020-08-01T00:00:00Z', null],
    ['rated, not completed', 'rated A 2020-08-01T00:00:00Z', null],
    ['one training completed, another rated', 'completed A 2020-08-01T00:00:00Z\nrated B 2020-08-02T00:00:00Z', null],
    ['both, the rating later', 'completed A 2020-08-01T00:00:00Z\nrated A 2020-08-05T00:00:00Z', '2020-08-05'],
    ['both, the rating first', 'rated A 2020-08-01T00:00:00Z\ncompleted A 2020-08-05T00:00:00Z', '2020-08-05'],
    ['the date is WIB', 'completed A 2020-08-01T00:00:00Z\nrated A 2020-08-05T17:00:00Z', '2020-08-06'],
    [
      'the earliest of repeated events counts',
      'completed A 2020-08-01T00:00:00Z\nrated A 2020-08-09T00:00:00Z\nrated A 2020-08-05T00:00:00Z',
      '2020-08-05',
    ],
    [
      'of two trainings the one that met both first',
      'completed A 2020-08-01T00:00:00Z\nrated A 2020-09-05T00:00:00Z\ncompleted B 2020-08-03T00:00:00Z\nrated B 2020-08-04T00:00:00Z',
      '2020-08-04',
    ],
  ])('%s', (_, text, date) => {
    const done = firstTrainingDone(events(text));
    expect(done === null ? null : wibDate(new Date(done))).toBe(date);
  });

  const event = fc.record({
    event: fc.constantFrom('purchased', 'completed', 'rated', 'survey_1'),
    trainingId: fc.constantFrom('A', 'B', 'C'),
    at: fc.date({ min: new Date('2020-01-01'), max: new Date('2021-01-01'), noInvalidDate: true }),
  });

  it('no further event ever makes the date later, and the order of events does not matter', () => {
    fc.assert(
      fc.property(fc.array(event), fc.array(event), (some, more) => {
        const before = firstTrainingDone(some);
        const after = firstTrainingDone([...more, ...some]);
        expect(firstTrainingDone([...some, ...more].reverse())).toBe(after);
        if (before !== null) expect(after !== null && after <= before).toBe(true);
      }),
    );
  });
});

it('dates a survey by its earliest answer, in WIB', () => {
  const answers = events('survey_1 A 2020-10-03T17:00:00Z\nsurvey_1 A 2020-10-05T00:00:00Z');
  expect(surveyDone(answers, 1)).toBe('2020-10-04');
  expect(surveyDone(answers, 2)).toBe(null);
});

describe('dueInstalments', () => {
  it('lists four incentives a month apart, clamped to the month, and three surveys', () => {
    const all = dueInstalments(participant, DONE, [OLD], policy, '2021-12-31');
    expect(all.map(({ kind, number, amountIdr, dueOn }) => [kind, number, amountIdr, dueOn])).toEqual([
      ['incentive', 1, 600_000n, '2020-08-31'],
      ['incentive', 2, 600_000n, '2020-09-30'],
      ['incentive', 3, 600_000n, '2020-10-31'],
      ['incentive', 4, 600_000n, '2020-11-30'],
      ['survey', 1, 50_000n, null],
      ['survey', 2, 50_000n, null],
      ['survey', 3, 50_000n, null],
    ]);
  });

  it('is due on its day and not the day before', () => {
    const onDay = dueInstalments(participant, DONE, [OLD], policy, '2020-09-30');
    expect(onDay.map((instalment) => instalment.status).slice(0, 3)).toEqual(['payable', 'payable', 'not_due']);
    const before = dueInstalments(participant, DONE, [OLD], policy, '2020-09-29');
    expect(before[1]).toMatchObject({ status: 'not_due', dueOn: '2020-09-30', why: 'date_not_reached' });
  });

  it('says what it waits for', () => {
    const all = dueInstalments(participant, [], [OLD], policy, '2021-12-31');
    expect(all[0]).toMatchObject({ status: 'not_due', dueOn: null, why: 'training_not_completed_and_rated' });
    expect(all[4]).toMatchObject({ status: 'not_due', dueOn: null, why: 'survey_not_answered' });
  });

  it('a survey needs its own event only', () => {
    const all = dueInstalments(participant, events('survey_2 A 2020-10-03T00:00:00Z'), [OLD], policy, '2020-10-03');
    const payable = all.filter((instalment) => instalment.status === 'payable');
    expect(payable.map((instalment) => instalment.number)).toEqual([2]);
  });

  it('without any account it is due when the training is done, and not payable', () => {
    const [first] = dueInstalments(participant, DONE, [], policy, '2020-08-31');
    expect(first).toMatchObject({ status: 'not_payable', dueOn: '2020-08-31', reason: 'account_missing' });
  });

  it('nothing is payable to the revoked, and that reason comes first', () => {
    const all = dueInstalments({ ...participant, revoked: true }, DONE, [], policy, '2020-12-31');
    const reasons = all.flatMap((instalment) => (instalment.status === 'not_payable' ? [instalment.reason] : []));
    expect(new Set(reasons)).toEqual(new Set(['participation_revoked']));
  });

  it('follows the policy in amounts and numbers', () => {
    const other = { ...policy, incentive_idr: 700_000, incentive_times: 1, survey_times: 1, survey_idr: 1 };
    const all = dueInstalments(participant, DONE, [OLD], other, '2020-12-31');
    expect(all.map(({ kind, amountIdr }) => [kind, amountIdr])).toEqual([
      ['incentive', 700_000n],
      ['survey', 1n],
    ]);
  });
});

/** `bank own active 2020-09-03T…` per line, as a person's accounts. */
function accounts(text: string): Account[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([channel, holder, status, at = '']) => ({
      ...bank,
      channel: channel === 'bank' ? 'bank' : 'ewallet',
      kyc: channel !== 'unverified',
      accountNumber: '0011200001',
      holderNik: holder === 'own' ? NIK : '3273010101900002',
      status: status === 'active' ? 'active' : 'closed',
      linkedAt: new Date(at),
    }));
}

describe('the day of incentive 1: training and account in order for the first time', () => {
  // The training is done on 2020-08-31 at 10:00 WIB.
  it.each<[string, string, string, string]>([
    ['an account linked before the training was done', 'bank own active 2020-08-01T00:00:00Z', '2020-08-31', 'payable'],
    ['an account linked after it', 'bank own active 2020-09-10T05:00:00Z', '2020-09-10', 'payable'],
    ['the day is WIB', 'bank own active 2020-09-10T17:00:00Z', '2020-09-11', 'payable'],
    [
      "another person's account counts for nothing",
      'bank other active 2020-08-01T00:00:00Z\nbank own active 2020-09-12T00:00:00Z',
      '2020-09-12',
      'payable',
    ],
    [
      'nor does an unverified wallet',
      'unverified own active 2020-08-01T00:00:00Z\newallet own active 2020-09-13T00:00:00Z',
      '2020-09-13',
      'payable',
    ],
    [
      'an account that was replaced by a bad one before the training was done does not',
      'bank own active 2020-08-01T00:00:00Z\nbank own closed 2020-08-20T00:00:00Z\nbank own active 2020-09-14T00:00:00Z',
      '2020-09-14',
      'payable',
    ],
    [
      'what was in order once keeps its day when the account in force now is not',
      'bank own active 2020-08-01T00:00:00Z\nbank own closed 2020-09-20T00:00:00Z',
      '2020-08-31',
      'account_not_active',
    ],
    [
      'a second good account does not move the day',
      'bank own active 2020-09-10T00:00:00Z\nbank own closed 2020-09-20T00:00:00Z\nbank own active 2020-09-25T00:00:00Z',
      '2020-09-10',
      'payable',
    ],
    [
      'never in order: the day of the training',
      'bank own closed 2020-08-01T00:00:00Z',
      '2020-08-31',
      'account_not_active',
    ],
  ])('%s', (_, links, dueOn, end) => {
    const [first] = dueInstalments(participant, DONE, accounts(links), policy, '2020-12-31');
    expect(first).toMatchObject(
      end === 'payable' ? { status: end, dueOn } : { status: 'not_payable', dueOn, reason: end },
    );
  });

  it('money goes by the account in force, the other instalments by the first day', () => {
    const links = accounts('bank own active 2020-09-30T00:00:00Z');
    const all = dueInstalments(participant, DONE, links, policy, '2020-10-30');
    expect(all.slice(0, 4).map(({ dueOn, status }) => [dueOn, status])).toEqual([
      ['2020-09-30', 'payable'],
      ['2020-10-30', 'payable'],
      ['2020-11-30', 'not_due'],
      ['2020-12-30', 'not_due'],
    ]);
  });

  it('what the bank says of an account holds the money, and moves no day', () => {
    const links = accounts('bank own active 2020-08-01T00:00:00Z\nbank own active 2020-09-20T00:00:00Z');
    const [wrong, right] = links as [Account, Account];
    const all = dueInstalments(participant, DONE, [{ ...wrong, bankSaid: 'other_name' }, right], policy, '2020-10-30');
    expect(all[0]).toMatchObject({ status: 'payable', dueOn: '2020-08-31' });
    const onHold = dueInstalments({ ...participant, onHold: true }, DONE, [right], policy, '2020-10-30');
    expect(onHold[0]).toMatchObject({ status: 'not_payable', reason: 'held_by_operator' });
    const held = dueInstalments(participant, DONE, [{ ...right, bankSaid: 'other_name' }], policy, '2020-10-30');
    expect(held[0]).toMatchObject({ status: 'not_payable', dueOn: '2020-09-20', reason: 'account_name_mismatch' });
  });

  const moment = fc.date({ min: new Date('2020-08-01'), max: new Date('2020-12-01'), noInvalidDate: true });
  const link = fc.record({
    linkedAt: moment,
    channel: fc.constantFrom('bank' as const, 'ewallet' as const),
    accountNumber: fc.constant('0011200001'),
    holderNik: fc.constantFrom(NIK, NIK, '3273010101900002'),
    kyc: fc.boolean(),
    status: fc.constantFrom('active' as const, 'active' as const, 'closed' as const),
    bankSaid: fc.constantFrom(null, null, 'confirmed' as const, 'other_name' as const),
  });
  const links = fc.uniqueArray(link, { maxLength: 5, selector: ({ linkedAt }) => linkedAt.getTime() });

  it('is the earliest moment at which both hold, found hour by hour without the rule', () => {
    const HOUR = 3_600_000;
    const onTheHour = links.map((all) =>
      all.map((one) => ({ ...one, linkedAt: new Date(Math.floor(one.linkedAt.getTime() / HOUR) * HOUR) })),
    );
    fc.assert(
      fc.property(onTheHour, (all) => {
        fc.pre(new Set(all.map(({ linkedAt }) => linkedAt.getTime())).size === all.length);
        const done = new Date('2020-08-31T03:00:00Z').getTime();
        let both: number | undefined;
        for (let at = done; both === undefined && at <= new Date('2020-12-02').getTime(); at += HOUR) {
          if (linkReason(NIK, accountInForce(all, new Date(at))) === null) both = at;
        }
        const [first] = dueInstalments(participant, DONE, all, policy, '2021-12-31');
        expect(first?.dueOn).toBe(wibDate(new Date(both ?? done)));
      }),
    );
  });

  it('payability is the account in force alone, and the order of accounts does not matter', () => {
    fc.assert(
      fc.property(links, (all) => {
        const [first, second] = dueInstalments(participant, DONE, all, policy, '2021-12-31');
        const reason = accountReason(NIK, accountInForce(all, new Date('2021-12-31')));
        expect(first).toMatchObject(reason === null ? { status: 'payable' } : { status: 'not_payable', reason });
        expect(second?.dueOn).toBe(addMonths(first?.dueOn ?? '', 1));
        expect(dueInstalments(participant, DONE, [...all].reverse(), policy, '2021-12-31')[0]).toEqual(first);
      }),
    );
  });

  it('an account linked later never moves a day that had come', () => {
    fc.assert(
      fc.property(links, link, (all, later) => {
        const end = { ...later, linkedAt: new Date('2020-12-31T00:00:00Z') };
        const [before] = dueInstalments(participant, DONE, all, policy, '2021-12-31');
        const [after] = dueInstalments(participant, DONE, [...all, end], policy, '2021-12-31');
        if (before?.status === 'payable') expect(after?.dueOn).toBe(before?.dueOn);
      }),
    );
  });
});
