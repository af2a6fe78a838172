import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BankReply, decidePayment, decideStatus, mayResend, paymentCodes } from '../../../workers/payout/rules.ts';

const REFERENCE = 'P00000000000000A';
const order = { reference: REFERENCE, amountIdr: 600_000n, service: '18', sentBefore: false } as const;

function answer(responseCode: string, more: object = {}): BankReply {
  return {
    kind: 'answer',
    httpStatus: Number(responseCode.slice(0, 3)),
    responseCode,
    body: { responseCode, ...more },
  };
}
const noBody = (httpStatus: number): BankReply => ({ kind: 'answer', httpStatus, responseCode: null, body: null });

describe('decidePayment', () => {
  it.each<[string, BankReply, string, string, Partial<ReturnType<typeof decidePayment>>?]>([
    ['200 successful', answer('2001800'), 'accepted', 'none'],
    ['202 in progress', answer('2021800'), 'unknown', 'ask_status'],
    ['400 bad request: ours', answer('4001801'), 'rejected', 'none', { stopRun: true }],
    ['401 invalid token', answer('4011801'), 'submitting', 'again'],
    ['403 exceeds limit', answer('4031802'), 'rejected', 'none', { stopRun: false }],
    ['403 insufficient funds: ours', answer('4031814'), 'rejected', 'none', { stopRun: true }],
    ['403 inactive account', answer('4031818'), 'rejected', 'none', { stopRun: false }],
    ['404 invalid account', answer('4041811'), 'rejected', 'none', { stopRun: false }],
    ['404 inconsistent request', answer('4041818'), 'unknown', 'ask_status', { contradiction: true }],
    ['404 transaction not found (of a payment?)', answer('4041801'), 'unknown', 'ask_status'],
    ['409 external id repeated', answer('4091800'), 'unknown', 'ask_status'],
    ['409 reference repeated, new order', answer('4091801'), 'unknown', 'ask_status', { contradiction: true }],
    ['429 too many', answer('4291800'), 'submitting', 'again'],
    ['429 from a gateway', noBody(429), 'submitting', 'again'],
    ['500', answer('5001801'), 'unknown', 'ask_status'],
    ['504', answer('5041800'), 'unknown', 'ask_status'],
    ['502 from a gateway', noBody(502), 'unknown', 'ask_status'],
    ['403 from a gateway', noBody(403), 'unknown', 'ask_status'],
    ['HTML with 200', noBody(200), 'unknown', 'ask_status'],
    ['a redirect', noBody(302), 'unknown', 'ask_status'],
    ['an unheard-of case', answer('4031899'), 'unknown', 'ask_status'],
    ['another service', answer('2003800'), 'unknown', 'ask_status'],
    ['200 with a 4xx code inside', { ...answer('4041811'), httpStatus: 200 } as BankReply, 'unknown', 'ask_status'],
    [
      'about another order',
      answer('2001800', { partnerReferenceNo: 'P00000000000000B' }),
      'unknown',
      'ask_status',
      { contradiction: true },
    ],
    [
      'of another amount',
      answer('2001800', { amount: { value: '6000000.00', currency: 'IDR' } }),
      'unknown',
      'ask_status',
      { contradiction: true },
    ],
    [
      'in another currency',
      answer('2001800', { amount: { value: '600000.00', currency: 'USD' } }),
      'unknown',
      'ask_status',
      { contradiction: true },
    ],
    [
      'repeating what is ours',
      answer('2001800', { partnerReferenceNo: REFERENCE, amount: { value: '600000.00', currency: 'IDR' } }),
      'accepted',
      'none',
    ],
    ['a timeout', { kind: 'timeout' }, 'unknown', 'ask_status'],
    ['a cut connection', { kind: 'cut' }, 'unknown', 'ask_status'],
    ['certainly not sent', { kind: 'not_sent', why: 'ECONNREFUSED' }, 'submitting', 'again'],
  ])('%s', (_, reply, state, next, more = {}) => {
    expect(decidePayment(order, reply)).toMatchObject({ state, next, ...more });
  });

  it('409xx01 of an order sent before is no contradiction: the earlier try was taken', () => {
    expect(decidePayment({ ...order, sentBefore: true }, answer('4091801'))).toMatchObject({
      state: 'unknown',
      next: 'ask_status',
      contradiction: false,
    });
  });

  it('knows top-ups by their own service', () => {
    expect(decidePayment({ ...order, service: '38' }, answer('2003800', { referenceNo: 'B1' }))).toMatchObject({
      state: 'accepted',
      bankReference: 'B1',
    });
  });

  it('never pays, and refuses or sends again only on a code of the table that agrees with itself', () => {
    const reply = fc.record({
      kind: fc.constant('answer' as const),
      httpStatus: fc.integer({ min: 100, max: 599 }),
      responseCode: fc.option(fc.oneof(fc.string(), fc.stringMatching(/^[2-5]\d{6}$/))),
      body: fc.option(fc.dictionary(fc.constantFrom('amount', 'partnerReferenceNo', 'referenceNo'), fc.jsonValue())),
    });
    fc.assert(
      fc.property(reply, fc.boolean(), (answered, sentBefore) => {
        const { state } = decidePayment({ ...order, sentBefore }, answered);
        if (state === 'unknown') return;
        const code = answered.responseCode ?? '';
        if (state === 'submitting' && answered.httpStatus === 429) return;
        expect(code.slice(0, 5)).toBe(`${answered.httpStatus}18`);
        expect(paymentCodes).toHaveProperty([`${code.slice(0, 3)}/${code.slice(5)}`]);
      }),
    );
  });
});

describe('decideStatus', () => {
  const status = (latestTransactionStatus: string, more: object = {}): BankReply =>
    answer('2003600', { latestTransactionStatus, originalPartnerReferenceNo: REFERENCE, ...more });

  it.each<[string, BankReply, string]>([
    ['00 success', status('00'), 'paid'],
    ['01 initiated', status('01'), 'unknown'],
    ['02 paying', status('02'), 'unknown'],
    ['03 pending', status('03'), 'unknown'],
    ['04 refunded', status('04'), 'returned'],
    ['05 cancelled', status('05'), 'rejected'],
    ['06 failed', status('06'), 'rejected'],
    ['07 not found', status('07'), 'not_found'],
    ['404xx01 transaction not found', answer('4043601'), 'not_found'],
    ['an unheard-of status', status('08'), 'unknown'],
    ['a status that is an object key', status('constructor'), 'unknown'],
    ['no status', answer('2003600'), 'unknown'],
    ['about another order', status('00', { originalPartnerReferenceNo: 'P00000000000000B' }), 'unknown'],
    ['of another amount', status('00', { amount: { value: '1.00', currency: 'IDR' } }), 'unknown'],
    ['of our amount', status('00', { amount: { value: '600000.00', currency: 'IDR' } }), 'paid'],
    ['404 without a body', noBody(404), 'unknown'],
    ['404 of another service', answer('4041801'), 'unknown'],
    ['500', answer('5003600'), 'unknown'],
    ['HTML with 200', noBody(200), 'unknown'],
    ['a timeout', { kind: 'timeout' }, 'unknown'],
    ['not sent', { kind: 'not_sent', why: '' }, 'unknown'],
  ])('%s', (_, reply, finding) => {
    expect(decideStatus(order, reply).finding).toBe(finding);
  });

  it('says when the bank speaks of something else', () => {
    expect(decideStatus(order, status('00', { originalPartnerReferenceNo: 'X' })).contradiction).toBe(true);
    expect(decideStatus(order, status('00')).contradiction).toBe(false);
  });
});

describe('mayResend', () => {
  it.each([
    ['not_found', true, false, true],
    ['not_found', false, false, false],
    ['not_found', true, true, false],
    ['unknown', true, false, false],
    ['accepted', true, false, false],
    ['rejected', true, false, false],
  ] as const)(
    'bank says %s, statement covers %s, shows it %s: %s',
    (finding, statementCoversTries, onStatement, may) => {
      expect(mayResend({ finding, statementCoversTries, onStatement })).toBe(may);
    },
  );
});
