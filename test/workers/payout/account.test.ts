import { describe, expect, it } from 'vitest';
import { type Account, accountInForce, accountReason } from '../../../workers/payout/rules.ts';

const NIK = '3273010101900001';
const bank: Account = {
  linkedAt: new Date('2020-09-01T00:00:00Z'),
  channel: 'bank',
  accountNumber: '0011200001',
  holderNik: NIK,
  kyc: false,
  status: 'active',
  bankSaid: null,
};
const wallet: Account = { ...bank, channel: 'ewallet', kyc: true };

describe('accounts', () => {
  it.each<[string, Account | null, string | null]>([
    ['none', null, 'account_missing'],
    ['a bank account without kyc', bank, null],
    ['a verified wallet', wallet, null],
    ['an unverified wallet', { ...wallet, kyc: false }, 'account_kyc_missing'],
    ["another person's", { ...bank, holderNik: '3273010101900002' }, 'account_holder_mismatch'],
    ['inactive', { ...bank, status: 'inactive' }, 'account_not_active'],
    ['closed', { ...wallet, status: 'closed' }, 'account_not_active'],
    ['confirmed by the bank', { ...bank, bankSaid: 'confirmed' }, null],
    ["under another's name at the bank", { ...bank, bankSaid: 'other_name' }, 'account_name_mismatch'],
    ['unknown to the bank', { ...wallet, bankSaid: 'no_account' }, 'account_unknown_at_bank'],
    ['dormant at the bank', { ...bank, bankSaid: 'not_active' }, 'account_not_active'],
    ['of no number', { ...bank, accountNumber: '' }, 'account_number_invalid'],
    ['of too few digits', { ...bank, accountNumber: ' 00 1' }, 'account_number_invalid'],
    ['of zeros', { ...bank, accountNumber: '000000' }, 'account_number_invalid'],
    ['of a number that Excel has spoilt', { ...bank, accountNumber: '9.9E+09' }, 'account_number_invalid'],
    ["of a spreadsheet's formula", { ...bank, accountNumber: '=SUM(A1)' }, 'account_number_invalid'],
    ['of a phone', { ...wallet, accountNumber: '+62 812-3456-7890' }, null],
    ['of a number in groups, with letters', { ...bank, accountNumber: 'BNI 0011-2233' }, null],
    ['what was linked speaks first', { ...bank, status: 'closed', bankSaid: 'other_name' }, 'account_not_active'],
    [
      "another person's comes first",
      { ...wallet, holderNik: 'x', kyc: false, status: 'closed' },
      'account_holder_mismatch',
    ],
  ])('%s', (_, account, reason) => {
    expect(accountReason(NIK, account)).toBe(reason);
  });

  it('the latest one linked by then is in force, whatever its state and the order of lines', () => {
    const old = { ...bank, linkedAt: new Date('2020-08-01T00:00:00Z') };
    const closed = { ...bank, linkedAt: new Date('2020-09-01T00:00:00Z'), status: 'closed' as const };
    const later = { ...bank, linkedAt: new Date('2020-10-01T00:00:00Z') };
    const at = new Date('2020-09-15T00:00:00Z');
    expect(accountInForce([later, closed, old], at)).toBe(closed);
    expect(accountInForce([old, closed, later], closed.linkedAt)).toBe(closed);
    expect(accountInForce([later], at)).toBe(null);
  });
});
