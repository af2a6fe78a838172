import type { Rupiah } from '../../jobs/money.ts';
import { type Finding, paymentCodes, statusFinding } from './answers.ts';
import type { BreakType } from './reconcile.ts';
import { type SnapBody, textField } from './reply.ts';
import { type InstalmentState, stepsTo } from './states.ts';

/** Where a bank tells by itself what became of orders, with the service whose digits its answer has. */
export const callbackPaths: Readonly<Record<string, string>> = {
  '/v1.0/transfer/notify': '18',
  '/v1.0/emoney/topup/notify': '38',
  '/v1.0/transfer-interbank-bulk/notify': '21',
  '/v1.0/emoney/bulk-cashin-notify': '41',
};
const BULK_SERVICES: ReadonlySet<string> = new Set(['21', '41']);

/** What a message says about one order. */
export interface Notice {
  readonly reference: string;
  readonly bankReference: string | null;
  /** latestTransactionStatus, or the response code where an order of a bulk has that instead. */
  readonly status: string;
  readonly finding: Finding;
  /** undefined: it does not say; null: it is not whole rupiah. */
  readonly amountIdr: Rupiah | null | undefined;
}

/** The orders that a message names, or why it cannot be read: SNAP's case of a 400, and the field. */
export type ParsedCallback =
  | { readonly kind: 'notices'; readonly notices: readonly Notice[] }
  | { readonly kind: 'bad'; readonly caseCode: '00' | '01' | '02'; readonly field: string };

const REFERENCE = /^[A-Za-z0-9._-]{1,64}$/;
const SHORT_CODE = /^\d{1,7}$/;

/** Reads the body of a notification. Nothing but references, codes and amounts of it is looked at. */
export function parseCallback(service: string, text: string): ParsedCallback {
  const body = objectOf(text);
  if (body === null) return { kind: 'bad', caseCode: '00', field: 'body' };
  const bulk = BULK_SERVICES.has(service);
  if (bulk && textField(body, 'partnerBulkId') === null) return { kind: 'bad', caseCode: '02', field: 'partnerBulkId' };
  const items = bulk ? body.bulkObject : [body];
  if (!Array.isArray(items) || items.length === 0) return { kind: 'bad', caseCode: '02', field: 'bulkObject' };
  const notices: Notice[] = [];
  for (const item of items as readonly SnapBody[]) {
    const notice = noticeOf(item, bulk ? 'partnerReferenceNo' : 'originalPartnerReferenceNo');
    if ('caseCode' in notice) return notice;
    notices.push(notice);
  }
  const different = new Set(notices.map(({ reference }) => reference));
  if (different.size < notices.length) return { kind: 'bad', caseCode: '01', field: 'bulkObject' };
  return { kind: 'notices', notices };
}

function objectOf(text: string): SnapBody | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SnapBody) : null;
  } catch {
    return null;
  }
}

function noticeOf(item: SnapBody, referenceField: string): Notice | Extract<ParsedCallback, { kind: 'bad' }> {
  const reference = textField(item, referenceField);
  if (reference === null) return { kind: 'bad', caseCode: '02', field: referenceField };
  if (!REFERENCE.test(reference)) return { kind: 'bad', caseCode: '01', field: referenceField };
  const latest = textField(item, 'latestTransactionStatus');
  const status = latest ?? textField(item, 'responseCode');
  if (status === null) return { kind: 'bad', caseCode: '02', field: 'latestTransactionStatus' };
  if (!SHORT_CODE.test(status)) return { kind: 'bad', caseCode: '01', field: 'latestTransactionStatus' };
  const bankReference = textField(item, 'originalReferenceNo') ?? textField(item, 'referenceNo');
  return {
    reference,
    bankReference: bankReference !== null && REFERENCE.test(bankReference) ? bankReference : null,
    status,
    finding: latest === null ? codeFinding(status) : statusFinding(status),
    amountIdr: amountOf(item),
  };
}

/** A bulk's notification comes when the bulk is done: what it says of an order is not "taken" any more. */
function codeFinding(responseCode: string): Finding {
  const state = paymentCodes[`${responseCode.slice(0, 3)}/${responseCode.slice(5)}`]?.state;
  return state === 'accepted' ? 'paid' : state === 'rejected' ? 'rejected' : 'unknown';
}

function amountOf(item: SnapBody): Rupiah | null | undefined {
  const amount = item.amount as { readonly value?: unknown; readonly currency?: unknown } | null | undefined;
  if (amount === undefined || amount === null) return undefined;
  const whole = typeof amount.value === 'string' ? /^(\d{1,16})\.00$/.exec(amount.value) : null;
  return whole?.[1] === undefined || (amount.currency ?? 'IDR') !== 'IDR' ? null : BigInt(whole[1]);
}

/** The order of a notice's reference, with the state of its instalment. */
export interface NoticedOrder {
  readonly amountIdr: Rupiah;
  readonly state: InstalmentState;
  /** False: the instalment was ordered anew since. */
  readonly current: boolean;
  /** The ledger has booked this order paid, or returned, at some time. */
  readonly booked: boolean;
  /** A statement shows a debit of it that did not come back. */
  readonly debited: boolean;
}

/** What comes of a notice. */
export interface NoticeVerdict {
  readonly outcome: 'applied' | 'known' | 'contradiction' | 'unknown_reference' | 'amount_differs' | 'history';
  /** States to go through, each a legal change. */
  readonly steps: readonly InstalmentState[];
  /** Nothing more may be paid for this instalment by machine. */
  readonly hold: boolean;
  /** What a person must look at. */
  readonly opens: BreakType | null;
}

/** States in which we hold that the order's money is not with the payee, and may come to pay anew. */
const notPaid: ReadonlySet<InstalmentState> = new Set(['rejected', 'returned', 'held', 'due', 'prepared', 'released']);

/**
 * What a notice means for its order (null: no order has this reference). Messages come late, twice and in any order:
 * what is older than what we know changes nothing. What cannot be true together with what we know is never settled by
 * machine: paid after refused holds the instalment; refused after paid leaves it, and asks a person. Paid after returned
 * is the message that was overtaken.
 */
export function judgeNotice({ finding, amountIdr }: Notice, order: NoticedOrder | null): NoticeVerdict {
  if (order === null) return verdict('unknown_reference', { opens: 'missing_in_ledger' });
  const { state, current, booked, debited } = order;
  if (amountIdr !== undefined && amountIdr !== order.amountIdr)
    return verdict('amount_differs', {
      hold: finding === 'paid' && (!current || notPaid.has(state)),
      opens: 'amount_mismatch',
    });
  if (finding === 'paid' && booked) return verdict(current ? 'known' : 'history');
  // An order made anew was refused or has come back: only "paid" says something else of the old one.
  if (!current) return verdict('history', finding === 'paid' ? { hold: true, opens: 'missing_in_ledger' } : {});
  if (finding === 'unknown' || finding === 'not_found') return verdict('known');
  if (finding === 'paid' && notPaid.has(state))
    return verdict('contradiction', { hold: true, opens: 'missing_in_ledger' });
  if (finding === 'rejected' && (state === 'paid' || debited))
    return verdict('contradiction', { opens: 'missing_in_bank' });
  const steps = stepsTo(state, finding) ?? [];
  return steps.length === 0 ? verdict('known') : verdict('applied', { steps });
}

function verdict(outcome: NoticeVerdict['outcome'], more: Partial<NoticeVerdict> = {}): NoticeVerdict {
  return { outcome, steps: [], hold: false, opens: null, ...more };
}

/** Why the order is in its state, where that has to be said. */
export function noticeReason({ finding, status }: Notice): string {
  return finding === 'rejected' || finding === 'returned' ? `bank_${finding} notice ${status}` : '';
}
