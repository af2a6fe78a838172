/** SNAP BI service codes that we call. */
export const snapServices = {
  inquiry: '16',
  transfer: '18',
  bulkTransfer: '20',
  status: '36',
  walletInquiry: '37',
  topup: '38',
  bulkCashIn: '40',
} as const;
export type InquiryService = typeof snapServices.inquiry | typeof snapServices.walletInquiry;
export type BulkService = typeof snapServices.bulkTransfer | typeof snapServices.bulkCashIn;
export type PaymentService = typeof snapServices.transfer | typeof snapServices.topup;

/** What came of one call to the bank. Nothing that a bank or a network does is an exception. */
export type BankReply =
  /** An HTTP answer arrived whole. `responseCode` and `body` are null when it is not a SNAP BI message (HTML, empty, cut JSON). */
  | {
      readonly kind: 'answer';
      readonly httpStatus: number;
      readonly responseCode: string | null;
      readonly body: SnapBody | null;
    }
  /** The time limit passed; the bank may have taken the order. */
  | { readonly kind: 'timeout' }
  /** The connection broke before the answer was whole; the bank may have taken the order. */
  | { readonly kind: 'cut' }
  /** Certainly not sent: no connection, or no token to sign with. */
  | { readonly kind: 'not_sent'; readonly why: string };

export type SnapBody = { readonly [field: string]: unknown };

/** A text field of an answer; null when it is missing, empty or not text. */
export function textField(body: SnapBody | null, name: string): string | null {
  const value = body?.[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
