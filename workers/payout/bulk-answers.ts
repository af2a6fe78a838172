import { paymentCodes, splitCode } from './answers.ts';
import { type BankReply, type BulkService, textField } from './reply.ts';

/** What an answer to a bulk means for all of its orders alike. */
export interface BulkDecision {
  /** `submitting`: the bank has certainly not taken it, the same bulk may go again. */
  readonly state: 'rejected' | 'unknown' | 'submitting';
  readonly reason: string;
  /** Ours, not the payees': going on with the run would only repeat it. */
  readonly stopRun: boolean;
}

/** Refused before anything of it was looked at; whatever else says no may have taken a part. */
const surelyNotTaken: ReadonlySet<string> = new Set(['401/00', '401/01', '401/03', '429/00']);
/** The message was wrong, as a whole. */
export const malformed: ReadonlySet<string> = new Set(['400/00', '400/01', '400/02']);
const taken: ReadonlySet<string> = new Set(['200/00', '202/00']);

/**
 * What a reply to a bulk transfer or a bulk cash-in means. A good answer says that the bank has the orders, not what
 * becomes of each: they are `unknown` until it tells, or is asked. Total: every reply has a decision.
 */
export function decideBulk(
  bulk: { readonly service: BulkService; readonly bulkId: string },
  reply: BankReply,
): BulkDecision {
  const decision = (state: BulkDecision['state'], reason: string, stopRun = false) => ({ state, reason, stopRun });
  if (reply.kind === 'not_sent') return decision('submitting', `not sent: ${reply.why}`);
  if (reply.kind !== 'answer') return decision('unknown', reply.kind);
  const { httpStatus, body } = reply;
  const code = splitCode(reply, bulk.service);
  // A gateway in front of the bank turns calls away without a SNAP body: only 429 says clearly "not taken".
  if (code === null && httpStatus === 429) return decision('submitting', 'HTTP 429');
  if (code === null || body === null) return decision('unknown', `HTTP ${httpStatus}, not understood`);
  const why = reply.responseCode ?? '';
  const about = textField(body, 'partnerBulkId');
  if (about !== null && about !== bulk.bulkId) return decision('unknown', `contradiction ${why}: about another bulk`);
  if (surelyNotTaken.has(code)) return decision('submitting', why, paymentCodes[code]?.stopRun ?? false);
  if (malformed.has(code)) return decision('rejected', `bank_rejected ${why}`, true);
  if (taken.has(code)) return decision('unknown', 'bulk_taken');
  return decision('unknown', why, paymentCodes[code]?.stopRun ?? false);
}
