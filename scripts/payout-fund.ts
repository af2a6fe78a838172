import { audit } from '../db/audit.ts';
import { balanceOf, isBooked, postMovements } from '../db/ledger.ts';
import { refuse } from '../jobs/errors.ts';
import { formatRupiah } from '../jobs/money.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { done, type Report } from './command.ts';
import { personName } from './options.ts';

export interface FundOptions {
  readonly amount: string;
  /** Of the state's transfer. */
  readonly reference: string;
  readonly by: string;
}

/** `payout fund`: records what the state has paid in. From the first on, a run is released only when it is covered. */
export function fund(options: FundOptions): Promise<Report> {
  const by = personName('--by', options.by);
  return inNameOf({ name: by, role: 'finance' }, (office) => fundTreasury(office, { ...options, by }));
}

/** The same for a caller that already has an office. */
export async function fundTreasury(
  { db, config }: Office,
  { amount, reference: of, by }: FundOptions,
): Promise<Report> {
  if (!/^[1-9]\d{0,14}$/.test(amount)) throw refuse('--amount must be whole rupiah, digits only');
  if (!/^[A-Za-z0-9/._-]{1,64}$/.test(of)) throw refuse("--reference must be that of the state's transfer");
  const reference = `FUND-${of}`;
  const treasury = await db.transaction().execute(async (tx) => {
    // First, for it lets one person at a time through: the same transfer is not recorded twice.
    await audit(tx, { who: by, action: 'payout fund', subject: reference, note: `${amount} rupiah` });
    if (await isBooked(tx, reference)) throw refuse(`${of} was recorded before; nothing was changed`);
    await postMovements(tx, [{ reference, from: 'state_budget', to: 'treasury', amountIdr: amount }], config.now());
    return balanceOf(tx, 'treasury');
  });
  return done(
    { reference, amount_idr: amount, treasury_idr: String(treasury) },
    `${formatRupiah(BigInt(amount))} were recorded; the treasury holds ${formatRupiah(treasury)} for runs to come.`,
  );
}
