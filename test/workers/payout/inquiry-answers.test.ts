import { describe, expect, it } from 'vitest';
import { type BankReply, decideInquiry, type InquiryDecision } from '../../../workers/payout/rules.ts';

const asked = { service: '16', accountNumber: '0123', holderName: 'SITI AMINAH' } as const;
const wallet = { ...asked, service: '37' } as const;

function answer(responseCode: string | null, fields: object | null = {}, httpStatus?: number): BankReply {
  const status = httpStatus ?? Number(responseCode?.slice(0, 3));
  return { kind: 'answer', httpStatus: status, responseCode, body: fields && { responseCode, ...fields } };
}
const named = { beneficiaryAccountName: 'SITI AMINAH', beneficiaryAccountNo: '0123' };

describe('decideInquiry', () => {
  it.each<[string, BankReply, InquiryDecision]>([
    ['the name is ours', answer('2001600', named), { said: 'confirmed', why: '2001600' }],
    [
      'the name is another',
      answer('2001600', { beneficiaryAccountName: 'BUDI SANTOSO' }),
      { said: 'other_name', why: '2001600' },
    ],
    ['no name', answer('2001600', { beneficiaryAccountNo: '0123' }), { said: null, why: '2001600' }],
    [
      'about the account, masked',
      answer('2001600', { ...named, beneficiaryAccountNo: 'X*23' }),
      { said: 'confirmed', why: '2001600' },
    ],
    [
      'about another account',
      answer('2001600', { ...named, beneficiaryAccountNo: '0124' }),
      { said: null, why: '2001600: about another account' },
    ],
    ['invalid account', answer('4041611'), { said: 'no_account', why: '4041611' }],
    ['inactive account', answer('4031618'), { said: 'not_active', why: '4031618' }],
    ['dormant account', answer('4031609'), { said: 'not_active', why: '4031609' }],
    ['suspected fraud says nothing of whose it is', answer('4031603'), { said: null, why: '4031603' }],
    ['the bank does not offer it', answer('4041600'), { said: null, why: '4041600' }],
    ['no SNAP body', answer(null, null, 404), { said: null, why: 'HTTP 404, not understood' }],
    ['not allowed', answer(null, null, 405), { said: null, why: 'HTTP 405, not understood' }],
    ['another service', answer('4041811'), { said: null, why: 'HTTP 404, not understood' }],
    ['another HTTP status', answer('4041611', {}, 200), { said: null, why: 'HTTP 200, not understood' }],
    ['too many', answer('4291600'), { said: null, why: '4291600' }],
    ['a failure of the bank', answer('5001600'), { said: null, why: '5001600' }],
    ['silence', { kind: 'timeout' }, { said: null, why: 'timeout' }],
    ['cut', { kind: 'cut' }, { said: null, why: 'cut' }],
    ['not sent', { kind: 'not_sent', why: 'ECONNREFUSED' }, { said: null, why: 'not_sent' }],
  ])('%s', (_, reply, decision) => {
    expect(decideInquiry(asked, reply)).toEqual(decision);
  });

  it('a wallet answers with its own fields', () => {
    const fields = { customerName: 'SITI AMINAH', customerNumber: '0123' };
    expect(decideInquiry(wallet, answer('2003700', fields)).said).toBe('confirmed');
    const telephone = { ...wallet, accountNumber: '081234' };
    const abroad = answer('2003700', { ...fields, customerNumber: '6281234' });
    expect(decideInquiry(telephone, abroad).said).toBe('confirmed');
    expect(decideInquiry(wallet, answer('2003700', named)).said).toBe(null);
    expect(decideInquiry(wallet, answer('4043711')).said).toBe('no_account');
    expect(decideInquiry(wallet, answer('2001600', named)).said).toBe(null);
  });
});
