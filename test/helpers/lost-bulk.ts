import { submitRun } from '../../scripts/payout.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { type Reconciled, reconciling } from './camt.ts';
import { releasedRun, type Town, town } from './payout.ts';

/** The morning after. */
export const NEXT = '2020-09-16T09:00:00+07:00';

export type LostBulk = Reconciled & { readonly next: Office; readonly bulk: string };

/** Two orders in a call that never got to the bank; it is the next morning. */
export async function lostBulk(from?: Town): Promise<LostBulk> {
  const here = await reconciling(
    from ?? (await town({ people: 2, faults: [{ fault: 'disconnect', until_call: 1 }] })),
    NEXT,
  );
  await submitRun(here.office, await releasedRun(here.office), { bulk: true });
  const { rows } = await here.database.pool.query<{ id: string }>('select distinct bulk_id as id from bulk_orders');
  return { ...here, next: await here.officeAt(NEXT), bulk: rows[0]?.id as string };
}
