import type { BankWord } from '../../jobs/payout-reasons.ts';
import { splitCode } from './answers.ts';
import { isHolder } from './holder-name.ts';
import { type BankReply, type InquiryService, snapServices, textField } from './reply.ts';

/** What a reply to an account inquiry says; `said` null: nothing clear, and nothing is kept of it. */
export interface InquiryDecision {
  readonly said: BankWord | null;
  /** Short and without personal data: the response code, or what the network did. */
  readonly why: string;
}

/** Dormant account; inactive account. */
const NOT_ACTIVE: ReadonlySet<string> = new Set(['403/09', '403/18']);
const INVALID_ACCOUNT = '404/11';

/**
 * Whose account it is, by the bank's word (SNAP BI response codes as HTTP status and case). Total, and careful: a reply
 * that is not clearly about this account, or not clear, says nothing.
 */
export function decideInquiry(
  asked: { readonly service: InquiryService; readonly accountNumber: string; readonly holderName: string },
  reply: BankReply,
): InquiryDecision {
  if (reply.kind !== 'answer') return { said: null, why: reply.kind };
  const { httpStatus, body } = reply;
  const code = splitCode(reply, asked.service);
  if (code === null || body === null) return { said: null, why: `HTTP ${httpStatus}, not understood` };
  const why = reply.responseCode ?? '';
  if (code === INVALID_ACCOUNT) return { said: 'no_account', why };
  if (NOT_ACTIVE.has(code)) return { said: 'not_active', why };
  if (code !== '200/00') return { said: null, why };
  const [numberField, nameField] =
    asked.service === snapServices.inquiry
      ? ['beneficiaryAccountNo', 'beneficiaryAccountName']
      : ['customerNumber', 'customerName'];
  const number = textField(body, numberField as string);
  if (number !== null && !isSameNumber(asked.accountNumber, number))
    return { said: null, why: `${why}: about another account` };
  const same = isHolder(asked.holderName, textField(body, nameField as string) ?? '');
  return { said: same === null ? null : same ? 'confirmed' : 'other_name', why };
}

/** Banks mask digits with `*` or `X`, and wallets know a telephone as 62… where we have 0…. */
function isSameNumber(asked: string, given: string): boolean {
  const [ours, theirs] = [asked, given].map((number) => number.toUpperCase().replace(/^\+?62/, '0')) as [
    string,
    string,
  ];
  return ours.length === theirs.length && [...theirs].every((char, i) => /[*X]/.test(char) || char === ours[i]);
}
