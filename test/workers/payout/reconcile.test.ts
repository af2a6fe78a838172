import { describe, expect, it } from 'vitest';
import {
  isLate,
  isMissingInBank,
  isSamePayee,
  judgeBulk,
  judgeLine,
  type LineFacts,
  type OrderFacts,
} from '../../../workers/payout/rules.ts';

// Tuesday, 15 September 2020.
const debit: LineFacts = {
  direction: 'debit',
  amountIdr: 600_000n,
  bookingDate: '2020-09-15',
  reference: 'P00000000000000A',
  counterpartyName: 'SITI AMINAH',
  counterpartyAccount: '0123456789',
  returnReason: null,
  isInstalmentSum: false,
};
const credit: LineFacts = { ...debit, direction: 'credit', returnReason: 'AC04' };
/** As it is when the line is the only one about it: what it says is in `stillDebitedIdr`. */
const order: OrderFacts = {
  amountIdr: 600_000n,
  channel: 'bank',
  accountNumber: '0123456789',
  holderName: 'Siti Aminah',
  state: 'accepted',
  submittedOn: '2020-09-15',
  debited: false,
  stillDebitedIdr: 600_000n,
  misdirected: false,
  current: true,
  booked: false,
};
const back: OrderFacts = { ...order, stillDebitedIdr: 0n };

describe('judgeLine', () => {
  it.each<[string, LineFacts, OrderFacts | null, string, string[]]>([
    ['everything agrees', debit, order, 'paid', []],
    ['still unknown to us', debit, { ...order, state: 'unknown' }, 'paid', []],
    ['paid on the bank’s word already', debit, { ...order, state: 'paid' }, 'paid', []],
    ['no such order', debit, null, 'none', ['missing_in_ledger']],
    ['a fee without reference', { ...debit, reference: null }, null, 'none', ['missing_in_ledger']],
    ['never sent', debit, { ...order, state: 'released', submittedOn: null }, 'none', ['missing_in_ledger']],
    ['refused by the bank', debit, { ...order, state: 'rejected' }, 'none', ['missing_in_ledger']],
    ['held after it was sent', debit, { ...order, state: 'held' }, 'none', ['missing_in_ledger']],
    ['debited before', debit, { ...order, debited: true }, 'none', ['duplicate_debit']],
    [
      'debited before, and now to another',
      { ...debit, counterpartyAccount: '9' },
      { ...order, state: 'paid', debited: true },
      'none',
      ['duplicate_debit', 'payee_mismatch'],
    ],
    ['ended by two people before', debit, { ...order, state: 'returned' }, 'none', ['missing_in_ledger']],
    ['debited before and returned', debit, { ...order, state: 'returned', debited: true }, 'none', ['duplicate_debit']],
    ['whose return was read first', debit, { ...order, state: 'returned', booked: true }, 'none', []],
    ['ordered anew since, and never booked', debit, { ...order, current: false }, 'none', ['missing_in_ledger']],
    ['ordered anew since it came back', debit, { ...order, current: false, booked: true }, 'none', []],
    ['held after the bank told that it came back', debit, { ...order, state: 'held', booked: true }, 'none', []],
    ['due again after it came back', debit, { ...order, state: 'due', booked: true }, 'none', []],
    [
      'one rupiah more',
      { ...debit, amountIdr: 600_001n },
      { ...order, stillDebitedIdr: 600_001n },
      'none',
      ['amount_mismatch'],
    ],
    ['one more, which came back', { ...debit, amountIdr: 600_001n }, order, 'paid', ['amount_mismatch']],
    [
      'one more, which came back, and to another',
      { ...debit, amountIdr: 600_001n, counterpartyAccount: '9' },
      order,
      'none',
      ['amount_mismatch', 'payee_mismatch'],
    ],
    ['another account', { ...debit, counterpartyAccount: '0123456780' }, order, 'none', ['payee_mismatch']],
    [
      'another account and amount',
      { ...debit, amountIdr: 1n, counterpartyAccount: '9' },
      order,
      'none',
      ['amount_mismatch', 'payee_mismatch'],
    ],
    ['two working days later', { ...debit, bookingDate: '2020-09-17' }, order, 'paid', []],
    ['three working days later', { ...debit, bookingDate: '2020-09-18' }, order, 'paid', ['late']],
    ['returned', credit, { ...back, state: 'paid' }, 'returned', ['returned']],
    ['returned without a reason', { ...credit, returnReason: null }, back, 'returned', ['returned']],
    ['whose return in parts was read first', debit, back, 'returned', []],
    ['and with a fee', { ...debit, amountIdr: 602_500n }, back, 'returned', ['amount_mismatch']],
    [
      'one of two debits came back',
      credit,
      { ...order, state: 'paid', stillDebitedIdr: 600_000n },
      'none',
      ['returned'],
    ],
    ['returned in part', { ...credit, amountIdr: 1n }, order, 'none', ['returned', 'amount_mismatch']],
    [
      'returned what it was too large by',
      { ...credit, amountIdr: 1n },
      { ...order, debited: true },
      'paid',
      ['returned', 'amount_mismatch'],
    ],
    [
      'returned what it was too large by, to another',
      { ...credit, amountIdr: 1n },
      { ...order, debited: true, misdirected: true },
      'none',
      ['returned', 'amount_mismatch'],
    ],
    [
      'returned part of that',
      { ...credit, amountIdr: 1n },
      { ...order, debited: true, stillDebitedIdr: 600_001n },
      'none',
      ['returned', 'amount_mismatch'],
    ],
    [
      'returned one of two debits, refused by the bank',
      credit,
      { ...order, debited: true, state: 'rejected' },
      'none',
      ['returned'],
    ],
    ['a return of nothing we know', credit, null, 'none', ['missing_in_ledger']],
    ['a return without reference', { ...credit, reference: null }, null, 'none', ['missing_in_ledger']],
  ])('%s', (_, line, to, effect, breaks) => {
    expect(judgeLine(line, to)).toEqual({ effect, breaks, ignored: false });
  });

  it('lets money come in', () => {
    const funding = { ...credit, reference: null, returnReason: null };
    expect(judgeLine(funding, null)).toEqual({ effect: 'none', breaks: [], ignored: true });
  });

  it.each([
    ['is as much as an instalment', { isInstalmentSum: true, returnReason: null }],
    ['the bank calls a return', { isInstalmentSum: false, returnReason: 'MS03' }],
  ])('asks for a person where money comes in that names nobody and %s', (_, more) => {
    const back = { ...credit, ...more, reference: null };
    expect(judgeLine(back, null)).toEqual({ effect: 'none', breaks: ['missing_in_ledger'], ignored: false });
  });
});

describe('judgeBulk', () => {
  const three = { ours: true, openIdr: 1_800_000n, allIdr: 1_800_000n, othersIdr: 0n, explained: false };
  const oneRefused = { ...three, openIdr: 1_200_000n };
  const none = { ours: false, openIdr: 0n, allIdr: 0n, othersIdr: 0n, explained: false };
  const debit = (amountIdr: bigint) => ({
    amountIdr,
    direction: 'debit' as const,
    returnReason: null,
    isInstalmentSum: false,
  });
  const credit = (returnReason: string | null) => ({
    ...debit(1_800_000n),
    direction: 'credit' as const,
    returnReason,
  });

  it.each<[string, Parameters<typeof judgeBulk>[0], Parameters<typeof judgeBulk>[1], string, string[]]>([
    ['adds up', debit(1_800_000n), three, 'open', []],
    ['adds up to what is open', debit(1_200_000n), oneRefused, 'open', []],
    ['adds up to everything, one of which was refused', debit(1_800_000n), oneRefused, 'all', []],
    ['a rupiah short', debit(1_199_999n), oneRefused, 'none', ['amount_mismatch']],
    ['adds up with another part', debit(600_000n), { ...three, othersIdr: 1_200_000n }, 'open', []],
    ['beside one that fits nothing', debit(1_800_000n), { ...three, othersIdr: 1_700_000n }, 'open', []],
    [
      'a second time',
      debit(1_800_000n),
      { ...three, othersIdr: 1_800_000n, explained: true },
      'none',
      ['duplicate_debit'],
    ],
    ['once more after it came back', debit(1_800_000n), { ...three, explained: true }, 'open', []],
    ['unknown bulk id', debit(1_200_000n), none, 'none', ['missing_in_ledger']],
    ['comes back as one', credit('AC04'), three, 'none', ['returned']],
    ['comes back without a reason', credit(null), three, 'none', ['returned']],
    ['money in under an id of nobody', credit(null), none, 'none', []],
    [
      'as much as an instalment under an id of nobody',
      { ...credit(null), isInstalmentSum: true },
      none,
      'none',
      ['missing_in_ledger'],
    ],
    ['a return under an id of nobody', credit('AC04'), none, 'none', ['missing_in_ledger']],
  ])('%s', (_, line, sums, pays, breaks) => {
    expect(judgeBulk(line, sums)).toEqual({ pays, breaks });
  });
});

describe('isSamePayee', () => {
  it.each<[string, string | null, string | null, boolean]>([
    ['same account, another spelling of the name', '0123456789', 'S AMINAH', true],
    ['typography', '0123-456.789', null, true],
    ['masked', '012345****', null, true],
    ['masked, another', '912345****', null, false],
    ['all masked says nothing we can trust', '**********', null, false],
    ['masked but for three digits', '*******789', null, false],
    ['masked but for four', '******6789', null, true],
    // A spreadsheet reads account numbers as numbers and drops their zeros; core banking fills them up with zeros.
    ['a zero short', '123456789', null, true],
    ['filled up with zeros', '0000000123456789', null, true],
    ['masked and a zero short', '12345****', null, true],
    ['another digit, a zero short', '123456780', null, false],
    ['a digit short', '012345678', null, false],
    ['nothing but zeros', '0000000000', null, false],
    ['no digits', 'REKENING', null, false],
    ['no account, same name', null, 'SITI  AMINAH.', true],
    ['same account, somebody else’s name', '0123456789', 'PT JUDI ONLINE JAYA', false],
    ['same account, one word of the name', '0123456789', 'IBU AMINAH RAHAYU', true],
    ['same account, a masked name', '0123456789', 'S*** A*****', true],
    ['no account, a name cut off', null, 'SITI AMINA', true],
    ['no account, with a title', null, 'SDRI. SITI AMINAH, S.KOM', true],
    ['no account, another name', null, 'SITI RAHAYU', false],
    ['nobody named', null, null, true],
  ])('%s', (_, counterpartyAccount, counterpartyName, same) => {
    expect(isSamePayee({ counterpartyAccount, counterpartyName }, order)).toBe(same);
  });

  it('takes no wallet’s company for another payee', () => {
    const line = { counterpartyAccount: order.accountNumber, counterpartyName: 'PT ESPAY DEBIT INDONESIA KOE' };
    expect(isSamePayee(line, { ...order, channel: 'ewallet' })).toBe(true);
  });

  it.each<[string, string, boolean]>([
    ['as a spreadsheet has it', '81234567890', true],
    ['with the country', '6281234567890', true],
    ['in full', '+62 812-3456-7890', true],
    ['in brackets', '(0812) 3456 7890', true],
    ['masked, with the country', '62812****7890', true],
    ['masked, another', '62812****7891', false],
    ['another', '6281234567891', false],
    ['of another country', '6381234567890', false],
  ])('takes a wallet’s number written %s', (_, counterpartyAccount, same) => {
    const line = { counterpartyAccount, counterpartyName: null };
    expect(isSamePayee(line, { ...order, accountNumber: '081234567890' })).toBe(same);
  });

  it('does not take a bank account for a phone', () => {
    const line = { counterpartyAccount: '62123456789', counterpartyName: null };
    expect(isSamePayee(line, { ...order, accountNumber: '0123456789' })).toBe(false);
  });

  it('accepts a long name that the bank cut off', () => {
    const line = { counterpartyAccount: null, counterpartyName: 'MUHAMMAD RIZ' };
    expect(isSamePayee(line, { ...order, holderName: 'Muhammad Rizky Pratama' })).toBe(true);
  });
});

describe('days', () => {
  it.each([
    ['2020-09-15', '2020-09-17', false],
    ['2020-09-15', '2020-09-18', true],
    ['2020-09-18', '2020-09-22', false], // Friday to Tuesday: two working days.
    ['2020-09-18', '2020-09-23', true],
    ['2020-09-15', '2020-09-14', false],
  ])('submitted %s, settled %s: late %s', (submitted, settled, late) => {
    expect(isLate(submitted, settled)).toBe(late);
  });

  it.each<[string, { from: string; to: string } | null, string, boolean, boolean]>([
    ['2020-09-15', { from: '2020-09-15', to: '2020-09-15' }, '2020-09-17', false, true],
    ['2020-09-15', { from: '2020-09-15', to: '2020-09-15' }, '2020-09-16', false, false],
    ['2020-09-18', { from: '2020-09-18', to: '2020-09-21' }, '2020-09-21', false, false],
    ['2020-09-18', { from: '2020-09-18', to: '2020-09-22' }, '2020-09-22', false, true],
    ['2020-09-15', { from: '2020-09-16', to: '2020-09-30' }, '2020-09-30', false, false],
    ['2020-09-15', { from: '2020-09-01', to: '2020-09-14' }, '2020-09-30', false, false],
    ['2020-09-15', null, '2020-09-30', false, false],
    ['2020-09-15', { from: '2020-09-15', to: '2020-09-15' }, '2020-09-30', true, false],
  ])('accepted %s, covered %j, as of %s, debited %s: missing %s', (acceptedOn, covered, asOf, debited, missing) => {
    expect(isMissingInBank({ acceptedOn, debited }, covered, asOf)).toBe(missing);
  });
});
