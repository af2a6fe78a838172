import { describe, expect, it } from 'vitest';
import {
  type InstalmentState,
  instalmentStates,
  judgeNotice,
  type Notice,
  type NoticeVerdict,
  parseCallback,
  statusFinding,
} from '../../../workers/payout/rules.ts';

const transfer = {
  originalPartnerReferenceNo: 'P00000000000000A',
  originalReferenceNo: 'BNIS1',
  latestTransactionStatus: '00',
  amount: { value: '600000.00', currency: 'IDR' },
  beneficiaryAccountName: 'nobody reads this',
};
const item = { partnerReferenceNo: 'P1', latestTransactionStatus: '06' };
const bulk = (...bulkObject: object[]) => JSON.stringify({ bulkId: 'B1', partnerBulkId: 'OURS', bulkObject });

describe('parseCallback', () => {
  it('reads a transfer and a wallet alike', () => {
    const notice = {
      reference: 'P00000000000000A',
      bankReference: 'BNIS1',
      status: '00',
      finding: 'paid',
      amountIdr: 600_000n,
    };
    for (const service of ['18', '38'])
      expect(parseCallback(service, JSON.stringify(transfer))).toEqual({ kind: 'notices', notices: [notice] });
  });

  it('reads a bulk: by status, or by the response code of each order', () => {
    const parsed = parseCallback(
      '21',
      bulk(
        item,
        { partnerReferenceNo: 'P2', responseCode: '2001800' },
        { partnerReferenceNo: 'P3', responseCode: '4041811' },
        { partnerReferenceNo: 'P4', responseCode: '2021800' },
        { partnerReferenceNo: 'P5', responseCode: '9991899' },
      ),
    );
    const findings = parsed.kind === 'notices' && parsed.notices.map(({ reference, finding }) => [reference, finding]);
    expect(findings).toEqual([
      ['P1', 'rejected'],
      ['P2', 'paid'],
      ['P3', 'rejected'],
      ['P4', 'unknown'],
      ['P5', 'unknown'],
    ]);
  });

  it.each<[string, unknown, bigint | null | undefined]>([
    ['whole rupiah', { value: '1.00', currency: 'IDR' }, 1n],
    ['without a currency', { value: '1.00' }, 1n],
    ['sen', { value: '1.50', currency: 'IDR' }, null],
    ['another currency', { value: '1.00', currency: 'USD' }, null],
    ['a number', { value: 1 }, null],
    ['nothing', undefined, undefined],
  ])('an amount: %s', (_, amount, idr) => {
    const parsed = parseCallback('18', JSON.stringify({ ...transfer, amount }));
    expect(parsed).toMatchObject({ notices: [{ amountIdr: idr }] });
  });

  it.each<[string, string, string, string, string]>([
    ['not JSON', '18', '{', '00', 'body'],
    ['a list', '18', '[]', '00', 'body'],
    ['no reference', '18', '{"latestTransactionStatus":"00"}', '02', 'originalPartnerReferenceNo'],
    ['no status', '38', '{"originalPartnerReferenceNo":"P1"}', '02', 'latestTransactionStatus'],
    [
      'a reference that is none',
      '18',
      JSON.stringify({ ...transfer, originalPartnerReferenceNo: 'SITI AMINAH' }),
      '01',
      'originalPartnerReferenceNo',
    ],
    [
      'a status that is none',
      '18',
      JSON.stringify({ ...transfer, latestTransactionStatus: 'paid to SITI' }),
      '01',
      'latestTransactionStatus',
    ],
    ['a bulk of nobody', '21', JSON.stringify({ bulkObject: [item] }), '02', 'partnerBulkId'],
    ['a bulk without orders', '41', bulk(), '02', 'bulkObject'],
    [
      'a bulk with something else in it',
      '21',
      JSON.stringify({ partnerBulkId: 'B', bulkObject: [null] }),
      '02',
      'partnerReferenceNo',
    ],
    ['an order twice in a bulk', '21', bulk(item, { ...item, latestTransactionStatus: '00' }), '01', 'bulkObject'],
  ])('refuses %s', (_, service, text, caseCode, field) => {
    expect(parseCallback(service, text)).toEqual({ kind: 'bad', caseCode, field });
  });
});

/** What comes of a status in each state of its order; a state that is not named: it was known. */
const table: Readonly<Record<string, Partial<Record<InstalmentState, Partial<NoticeVerdict>>>>> = {
  '00': {
    submitting: { outcome: 'applied', steps: ['accepted', 'paid'] },
    unknown: { outcome: 'applied', steps: ['paid'] },
    accepted: { outcome: 'applied', steps: ['paid'] },
    ...Object.fromEntries(
      ['rejected', 'returned', 'held', 'due', 'prepared', 'released'].map((state) => [
        state,
        { outcome: 'contradiction', hold: true, opens: 'missing_in_ledger' },
      ]),
    ),
  },
  '03': {},
  '04': {
    submitting: { outcome: 'applied', steps: ['accepted', 'returned'] },
    unknown: { outcome: 'applied', steps: ['accepted', 'returned'] },
    accepted: { outcome: 'applied', steps: ['returned'] },
    paid: { outcome: 'applied', steps: ['returned'] },
  },
  '06': {
    submitting: { outcome: 'applied', steps: ['rejected'] },
    unknown: { outcome: 'applied', steps: ['rejected'] },
    accepted: { outcome: 'applied', steps: ['rejected'] },
    paid: { outcome: 'contradiction', opens: 'missing_in_bank' },
  },
  '07': {},
  '99': {},
};
const known: NoticeVerdict = { outcome: 'known', steps: [], hold: false, opens: null };

function notice(status: string, amountIdr: bigint | null | undefined = 600_000n): Notice {
  return { reference: 'P1', bankReference: null, status, finding: statusFinding(status), amountIdr };
}

describe('judgeNotice', () => {
  const cases = Object.keys(table).flatMap((status) => instalmentStates.map((state) => [status, state] as const));
  it.each(cases)('%s about an order in %s', (status, state) => {
    const order = { amountIdr: 600_000n, state, current: true, booked: false, debited: false };
    expect(judgeNotice(notice(status), order)).toEqual({ ...known, ...table[status]?.[state] });
    expect(judgeNotice(notice(status, undefined), order)).toEqual({ ...known, ...table[status]?.[state] });
  });

  it('paid, of an order whose money has come back by now, is the message that was overtaken', () => {
    for (const state of ['returned', 'held', 'due', 'prepared', 'released'] as const) {
      const order = { amountIdr: 600_000n, state, current: true, booked: true, debited: false };
      expect(judgeNotice(notice('00'), order)).toEqual(known);
    }
  });

  it('refused, of an order whose debit a statement shows, changes nothing and asks a person', () => {
    const order = { amountIdr: 600_000n, state: 'accepted', current: true, booked: false, debited: true } as const;
    for (const status of ['05', '06'])
      expect(judgeNotice(notice(status), order)).toEqual({
        ...known,
        outcome: 'contradiction',
        opens: 'missing_in_bank',
      });
  });

  it('paid with another amount, of an order that was refused or made anew, holds it', () => {
    const order = { amountIdr: 600_000n, state: 'rejected', current: true, booked: false, debited: false } as const;
    const differs = { ...known, outcome: 'amount_differs', opens: 'amount_mismatch' };
    expect(judgeNotice(notice('00', 500_000n), order)).toEqual({ ...differs, hold: true });
    expect(judgeNotice(notice('06', 500_000n), order)).toEqual(differs);
    expect(judgeNotice(notice('00', 500_000n), { ...order, state: 'accepted', current: false })).toEqual({
      ...differs,
      hold: true,
    });
  });

  it('an order that nobody knows, an amount that is another, an order that is history: never applied', () => {
    const order = { amountIdr: 600_000n, state: 'accepted', current: true, booked: false, debited: false } as const;
    expect(judgeNotice(notice('00'), null)).toEqual({
      ...known,
      outcome: 'unknown_reference',
      opens: 'missing_in_ledger',
    });
    for (const amount of [599_999n, null])
      expect(judgeNotice(notice('00', amount), order)).toEqual({
        ...known,
        outcome: 'amount_differs',
        opens: 'amount_mismatch',
      });
    const old = { ...order, current: false };
    const contradiction = { outcome: 'history', hold: true, opens: 'missing_in_ledger' };
    expect(judgeNotice(notice('00'), old)).toEqual({ ...known, ...contradiction });
    expect(judgeNotice(notice('00'), { ...old, booked: true })).toEqual({ ...known, outcome: 'history' });
    for (const status of ['03', '04', '06'])
      expect(judgeNotice(notice(status), old)).toEqual({ ...known, outcome: 'history' });
  });
});
