import { confirmRefusal, noteRefusal } from '../db/order-refusals.ts';
import { refuse } from '../jobs/errors.ts';
import { formatRupiah } from '../jobs/money.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { done, type Report } from './command.ts';
import { personName } from './options.ts';

export interface RejectOptions {
  readonly by: string;
  readonly note?: string;
  readonly confirm?: boolean;
}

/**
 * `payout reject REFERENCE --by WHO --note WHY`, then `--confirm --by OTHER`: the bank has said in writing that it
 * refused, or never got, an order that is unknown or that no statement shows, or all such orders of a call or a file; or
 * that a file or call which it debited as one came back as one.
 */
export function reject(subject: string, options: RejectOptions): Promise<Report> {
  const by = personName('--by', options.by);
  return inNameOf({ name: by, role: options.confirm ? 'approver' : 'finance' }, (office) =>
    rejectIn(office, subject, { ...options, by }),
  );
}

/** The same for a caller that already has an office. */
export async function rejectIn({ db, config }: Office, subject: string, options: RejectOptions): Promise<Report> {
  const { by, confirm } = options;
  const now = config.now();
  if (confirm) {
    const { orders, returned, totalIdr } = await db
      .transaction()
      .execute((tx) => confirmRefusal(tx, { subject, by, now }));
    const rejected = orders - returned;
    return done(
      { subject, orders, total_idr: totalIdr, rejected, returned },
      `${orders} orders, ${formatRupiah(BigInt(totalIdr))}: ${rejected} are rejected, ${returned} returned.`,
      'To pay again: "payout hold ID" and "payout unhold ID", or a corrected account; the next run makes a new order.',
    );
  }
  const note = options.note?.trim() ?? '';
  if (note === '') throw refuse('--note must say what the bank has written, and when');
  const { orders, totalIdr } = await db.transaction().execute((tx) => noteRefusal(tx, { subject, by, note, now }));
  return done(
    { subject, orders, total_idr: totalIdr, rejected: 0 },
    `Noted for ${orders} orders, ${formatRupiah(BigInt(totalIdr))}; nothing has moved yet.`,
    `Another person: prakerja payout reject ${subject} --confirm --by OTHER`,
  );
}
