import { type Rupiah, snapAmount } from '../../jobs/money.ts';
import { type BankReply, type PaymentService, type SnapBody, snapServices, textField } from './reply.ts';

/**
 * What to do after a try, beside the state:
 * `again`: the same order and reference once more, the bank has certainly not taken this try;
 * `ask_status`: service 36 (providers advise to wait ten minutes first).
 */
export type Next = 'none' | 'again' | 'ask_status';

/** What an answer to a payment means. `submitting` as a state is "still submitting: send it again". */
export interface PaymentDecision {
  readonly state: 'accepted' | 'rejected' | 'unknown' | 'submitting';
  readonly next: Next;
  /** Short and without personal data: the response code, or what the network did. */
  readonly why: string;
  readonly bankReference: string | null;
  /** Ours, not the payee's: going on with the run would only repeat it (no funds, no right to call; 401 until a try with a fresh token has had it too). */
  readonly stopRun: boolean;
  /** The bank says something that cannot be true of this order: a person must look. */
  readonly contradiction: boolean;
}

type Row = Pick<PaymentDecision, 'state' | 'next'> & Partial<PaymentDecision>;
const rejected: Row = { state: 'rejected', next: 'none' };
const again: Row = { state: 'submitting', next: 'again' };
const unknown: Row = { state: 'unknown', next: 'ask_status' };
const oddity: Row = { ...unknown, contradiction: true };
const ourFault: Row = { ...rejected, stopRun: true };
const notLetIn: Row = { ...again, stopRun: true };

/**
 * SNAP BI response codes, as HTTP status and case (the service in between is checked apart).
 * A code that is not here is `unknown`: what cannot be understood is neither paid nor refused.
 * 200 is `accepted` for both services: a success can still be returned, and the status or the statement makes it paid.
 */
export const paymentCodes: Readonly<Record<string, Row>> = {
  '200/00': { state: 'accepted', next: 'none' },
  // In progress: the bank has it, but the end is open (design.md counts it with 500 and 504).
  '202/00': unknown,
  // The message was wrong: our fault, the same for every order of the run.
  ...rows('400', ['00', '01', '02'], ourFault),
  // Not authenticated: refused before it was looked at; the client drops its token.
  ...rows('401', ['00', '01', '03'], notLetIn),
  // Expired, fraud, do not honour, dormant, ... : the bank refuses this payment.
  ...rows('403', ['00', '02', '03', '04', '05', '07', '08', '09', '15', '16', '18', '23'], rejected),
  // Feature not allowed (at this time), insufficient funds in the source account.
  ...rows('403', ['01', '06', '14'], ourFault),
  // Routing, bank not supported, no issuer, invalid account, invalid amount.
  ...rows('404', ['02', '03', '09', '11', '13'], rejected),
  ...rows('404', ['08', '16', '17'], ourFault),
  // "Inconsistent request": this reference is known with other content.
  '404/18': oddity,
  ...rows('405', ['00', '01'], ourFault),
  // X-EXTERNAL-ID repeated: none of our tries has the number of another; something between carried this one twice, and the
  // first copy may be taken; or the database lost time and nobody said so, and an earlier order had it.
  '409/00': unknown,
  '409/01': unknown,
  '429/00': again,
  ...rows('500', ['00', '01', '02'], unknown),
  '504/00': unknown,
};

function rows(status: string, cases: readonly string[], row: Row): Record<string, Row> {
  return Object.fromEntries(cases.map((code) => [`${status}/${code}`, row]));
}

export interface SentOrder {
  readonly reference: string;
  readonly amountIdr: Rupiah;
  readonly service: PaymentService;
  /** Whether an earlier try of this order may have reached the bank. */
  readonly sentBefore: boolean;
}

/** What a reply to a transfer or a top-up means for its order. Total: every reply has a decision. */
export function decidePayment(order: SentOrder, reply: BankReply): PaymentDecision {
  if (reply.kind === 'not_sent') return decision(again, `not sent: ${reply.why}`, null);
  if (reply.kind !== 'answer') return decision(unknown, reply.kind, null);
  const { httpStatus, body } = reply;
  const code = splitCode(reply, order.service);
  const bankReference = textField(body, 'referenceNo');
  // A gateway in front of the bank turns calls away without a SNAP body: only 429 says clearly "not taken".
  if (code === null && httpStatus === 429) return decision(again, 'HTTP 429', null);
  if (code === null || body === null) return decision(unknown, `HTTP ${httpStatus}, not understood`, null);
  if (disagrees(body, 'partnerReferenceNo', order)) {
    return decision(oddity, `${reply.responseCode}: about another order`, bankReference);
  }
  const why = reply.responseCode ?? '';
  if (code === '409/01' && !order.sentBefore) return decision(oddity, `${why}: already at the bank`, bankReference);
  return decision(paymentCodes[code] ?? unknown, why, bankReference);
}

function decision(row: Row, why: string, bankReference: string | null): PaymentDecision {
  return { stopRun: false, contradiction: false, ...row, why, bankReference };
}

/** "403/14" of 4031814 when it agrees with the HTTP status and the service asked; null: do not believe it. */
export function splitCode(reply: { httpStatus: number; responseCode: string | null }, service: string): string | null {
  const match = /^(\d{3})(\d{2})(\d{2})$/.exec(reply.responseCode ?? '');
  if (!match || match[1] !== String(reply.httpStatus) || match[2] !== service) return null;
  return `${match[1]}/${match[3]}`;
}

/** An answer need not repeat reference and amount, but if it does they must be ours. */
function disagrees(body: SnapBody, referenceField: string, order: { reference: string; amountIdr: Rupiah }): boolean {
  const reference = textField(body, referenceField);
  if (reference !== null && reference !== order.reference) return true;
  const amount = body.amount as { value?: unknown; currency?: unknown } | null | undefined;
  if (amount === undefined || amount === null) return false;
  return amount.value !== snapAmount(order.amountIdr) || (amount.currency ?? 'IDR') !== 'IDR';
}

/** What the bank says has become of an order. `not_found` alone never permits another try: see `mayResend`. */
export type Finding = 'paid' | 'accepted' | 'rejected' | 'returned' | 'not_found' | 'unknown';
export interface StatusDecision {
  readonly finding: Finding;
  readonly why: string;
  readonly bankReference: string | null;
  readonly contradiction: boolean;
}

/** latestTransactionStatus of service 36. */
const statusFindings: Readonly<Record<string, Finding>> = {
  '00': 'paid',
  // Initiated, paying, pending: as open as a 202, and asked about again.
  '01': 'unknown',
  '02': 'unknown',
  '03': 'unknown',
  '04': 'returned',
  '05': 'rejected',
  '06': 'rejected',
  '07': 'not_found',
};

/** What a reply to a status inquiry means. Everything that is not a clear answer stays `unknown`. */
export function decideStatus(order: { reference: string; amountIdr: Rupiah }, reply: BankReply): StatusDecision {
  const found = (finding: Finding, why: string, body: SnapBody | null, contradiction = false): StatusDecision => ({
    finding,
    why,
    bankReference: textField(body, 'originalReferenceNo'),
    contradiction,
  });
  if (reply.kind !== 'answer') return found('unknown', reply.kind, null);
  const { body } = reply;
  const code = splitCode(reply, snapServices.status);
  if (code === null || body === null) return found('unknown', `HTTP ${reply.httpStatus}, not understood`, null);
  const why = reply.responseCode ?? '';
  if (code === '404/01') return found('not_found', why, body);
  if (code !== '200/00') return found('unknown', why, body);
  if (disagrees(body, 'originalPartnerReferenceNo', order)) {
    return found('unknown', `${why}: about another order`, body, true);
  }
  const status = textField(body, 'latestTransactionStatus') ?? '';
  return found(statusFinding(status), `${why}, status ${status.slice(0, 8) || 'missing'}`, body);
}

/** What a latestTransactionStatus means; one that is not known is `unknown`. */
export function statusFinding(status: string): Finding {
  return (Object.hasOwn(statusFindings, status) ? statusFindings[status] : undefined) ?? 'unknown';
}

/**
 * Whether an `unknown` order may go out again, with the same reference: only when the bank has said that it does not
 * know it *and* a statement that covers the day of every try does not show it (contract, section 7).
 */
export function mayResend(evidence: {
  readonly finding: Finding;
  readonly statementCoversTries: boolean;
  readonly onStatement: boolean;
}): boolean {
  return evidence.finding === 'not_found' && evidence.statementCoversTries && !evidence.onStatement;
}
