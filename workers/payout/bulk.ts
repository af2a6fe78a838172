import { bulkIdOf } from '../../jobs/bulk-ids.ts';
import { decideBulk } from './bulk-answers.ts';
import type { Context, Db } from './calls.ts';
import { type BankClient, bulkServiceOf } from './client.ts';
import type { BulkService } from './reply.ts';
import { stepsTo } from './states.ts';
import { intendCalls, keepNews, type Order, stopForBank } from './store.ts';
import { payeeOf, TRIES_MAX } from './submit.ts';

/** Orders that go in one call. */
export interface Bulk {
  readonly bulkId: string;
  readonly service: BulkService;
  readonly orders: readonly Order[];
}

/** The calls that orders of a chunk go in: one for bank accounts, one for e-wallets. */
export function bulksOf(orders: readonly Order[]): Bulk[] {
  const byService = new Map<BulkService, Order[]>();
  for (const order of orders) {
    const service = bulkServiceOf(payeeOf(order));
    byService.set(service, [...(byService.get(service) ?? []), order]);
  }
  return [...byService].map(([service, together]) => ({
    bulkId: bulkIdOf(together.map(({ reference }) => reference)),
    service,
    orders: together,
  }));
}

/** Sends orders that are committed in `submitting`, many in one call. */
export async function sendBulks(
  db: Db,
  run: string,
  orders: readonly Order[],
  bank: BankClient,
  context: Context,
): Promise<void> {
  for (const bulk of bulksOf(orders)) await sendBulk(db, run, bulk, bank, context);
}

/** One bulk, tried again (same id, new external id) only while the bank has certainly taken nothing of it. */
async function sendBulk(db: Db, run: string, bulk: Bulk, bank: BankClient, { now, signal }: Context): Promise<void> {
  const { bulkId, service, orders } = bulk;
  const references = orders.map(({ reference }) => reference);
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    // A try of every order is written down; the call has the number of the first.
    const ids = await intendCalls(db, references, 'transfer', now());
    const externalId = ids.get(references[0] as string);
    // Somebody has taken over one of them: the others are no bulk, and are asked about.
    if (externalId === undefined || ids.size < orders.length) return;
    const payments = orders.map((order) => ({
      ...payeeOf(order),
      reference: order.reference,
      amountIdr: BigInt(order.amountIdr),
    }));
    const orderedAt = (orders[0] as Order).orderedAt;
    const decision = decideBulk(bulk, await bank.bulk({ bulkId, service, payments, orderedAt, externalId }));
    const { reason, stopRun } = decision;
    const again = decision.state === 'submitting' && tries < TRIES_MAX;
    const state = decision.state === 'submitting' ? 'unknown' : decision.state;
    const steps = again ? [] : (stepsTo('submitting', state) ?? []);
    const news = orders.map(({ instalmentId, reference }) => ({
      instalmentId,
      reference,
      externalId: ids.get(reference) as string,
      answer: reason,
      bankReference: null,
      steps,
      reason,
    }));
    await keepNews(db, news, now());
    if (stopRun && !again) await stopForBank(db, run);
    if (!again) return;
  }
}
