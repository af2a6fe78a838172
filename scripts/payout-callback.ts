import type { KeyObject } from 'node:crypto';
import { type CallbackMessage, type CallbackOrder, callbackOrders, keepCallback } from '../db/bank-callbacks.ts';
import { openOrReopen } from '../db/breaks.ts';
import type { Tx } from '../db/connection.ts';
import { applyNews, holdContradicted } from '../db/order-news.ts';
import { sha256Hex } from '../jobs/canonical.ts';
import { parseInstant, wibDate } from '../jobs/time.ts';
import {
  callbackPaths,
  type InstalmentState,
  judgeNotice,
  type Notice,
  type NoticeVerdict,
  noticeReason,
  parseCallback,
} from '../workers/payout/rules.ts';
import { describeFailure } from '../workers/runtime/failure.ts';
import type { Office } from '../workers/runtime/office.ts';
import { isBankSignature } from './bank-signature.ts';

/** How far the bank's clock and ours may be apart; an older message may be somebody's recording. */
const CLOCKS_APART_MS_MAX = 5 * 60_000;

/** A POST as it came; `body` null: it was too long to be read. */
export interface CallbackRequest {
  readonly path: string;
  readonly header: (name: string) => string;
  readonly body: string | null;
}

/** SNAP's answer: HTTP status, service and case in one code. */
export interface CallbackAnswer {
  readonly status: number;
  readonly body: { readonly responseCode: string; readonly responseMessage: string };
}

/** What came so far: kept, told before, turned away. */
export interface CallbackCounts {
  kept: number;
  again: number;
  refused: number;
}

const MESSAGES: Readonly<Record<string, string>> = {
  '200/00': 'Successful',
  '400/00': 'Bad Request',
  '400/01': 'Invalid Field Format',
  '400/02': 'Invalid Mandatory Field',
  '401/00': 'Unauthorized.',
  '404/00': 'Not Found',
  '500/00': 'General Error',
};

function answer(status: number, service: string, caseCode: string, detail = ''): CallbackAnswer {
  const message = MESSAGES[`${status}/${caseCode}`] ?? 'General Error';
  const responseMessage = detail === '' ? message : `${message} [${detail}]`;
  return { status, body: { responseCode: `${status}${service}${caseCode}`, responseMessage } };
}

/**
 * Takes what a bank tells by itself about its orders. A message is answered once it and what follows from it are
 * committed; the same one again is answered alike and changes nothing, so a bank that got no answer may send it again.
 */
export function createCallbackDesk({ db, config, log }: Office, key: KeyObject) {
  const counts: CallbackCounts = { kept: 0, again: 0, refused: 0 };

  /** What is wrong with who says it, or when; nothing of such a message is kept but that it came. */
  function stranger({ path, header }: CallbackRequest, body: string): string | undefined {
    if (header('x-partner-id') !== config.bank?.partnerId) return 'X-PARTNER-ID';
    const timestamp = header('x-timestamp');
    const at = parseInstant(timestamp);
    if (at === undefined || Math.abs(at.getTime() - config.now().getTime()) > CLOCKS_APART_MS_MAX) return 'X-TIMESTAMP';
    const signature = header('x-signature');
    return isBankSignature(key, { path, body, timestamp, signature }) ? undefined : 'X-SIGNATURE';
  }

  async function take(request: CallbackRequest): Promise<CallbackAnswer> {
    const service = Object.hasOwn(callbackPaths, request.path) ? callbackPaths[request.path] : undefined;
    if (service === undefined) return answer(404, '00', '00');
    const { body } = request;
    if (body === null) return answer(400, service, '00', 'body over 1 MiB');
    const wrong = stranger(request, body);
    if (wrong !== undefined) {
      counts.refused += 1;
      log.warn({ refused: counts.refused, wrong }, 'a notification that is not from the bank, or too old');
      return answer(401, service, '00', wrong);
    }
    const externalId = request.header('x-external-id');
    if (!/^\d{1,36}$/.test(externalId)) return answer(400, service, '01', 'X-EXTERNAL-ID');
    const parsed = parseCallback(service, body);
    if (parsed.kind === 'bad') return answer(400, service, parsed.caseCode, parsed.field);
    const message = { externalId, bodySha256: sha256Hex(body), service };
    try {
      const isNew = await db.transaction().execute((tx) => takeNotices(tx, message, parsed.notices, config.now()));
      counts[isNew ? 'kept' : 'again'] += 1;
      return answer(200, service, '00');
    } catch (error) {
      log.error({ error: describeFailure(error) }, 'a notification was not kept; the bank will send it again');
      return answer(500, service, '00');
    }
  }

  return { take, counts: counts as Readonly<CallbackCounts> };
}

interface Judged extends NoticeVerdict {
  readonly notice: Notice;
  readonly order: CallbackOrder | undefined;
}

async function takeNotices(tx: Tx, message: CallbackMessage, notices: readonly Notice[], now: Date): Promise<boolean> {
  const orders = await callbackOrders(
    tx,
    notices.map(({ reference }) => reference),
  );
  const judged = notices.map((notice): Judged => {
    const order = orders.get(notice.reference);
    const facts = order && {
      ...order,
      amountIdr: BigInt(order.amountIdr),
      state: order.state as InstalmentState,
    };
    return { ...judgeNotice(notice, facts ?? null), notice, order };
  });
  const kept = judged.map(({ notice, outcome }) => ({
    ...notice,
    amountIdr: notice.amountIdr?.toString() ?? null,
    outcome,
  }));
  if (!(await keepCallback(tx, message, kept, now))) return false;
  await applyNews(tx, judged.flatMap(newsOf), now);
  const held = judged.flatMap(({ hold, order }) => (hold && order ? [order.instalmentId] : []));
  await holdContradicted(tx, held, now);
  await openOrReopen(tx, judged.flatMap(breakOf), wibDate(now));
  return true;
}

function newsOf({ notice, order, steps }: Judged) {
  if (order === undefined || steps.length === 0) return [];
  const { instalmentId, reference } = order;
  return [{ instalmentId, reference, bankReference: notice.bankReference, steps, reason: noticeReason(notice) }];
}

/** One for an order, however often the bank says it. */
function breakOf({ notice: { reference, amountIdr }, order, opens }: Judged) {
  if (opens === null) return [];
  const amount = amountIdr?.toString() ?? order?.amountIdr ?? null;
  return [{ type: opens, key: `callback:${reference}`, reference, amountIdr: amount, statementId: null, line: null }];
}
