import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import { audit } from './audit.ts';
import type { Tx } from './connection.ts';
import { moveInstalments } from './instalments.ts';
import { CONTRADICTED, MONEY_OUT } from './money-out.ts';
import { isVerified } from './operators.ts';
import { accountCorrected } from './orders.ts';

/** Of participant `p`: a person holds whatever is due to them. */
export const ON_HOLD = sql<boolean>`exists (select from payment_holds h where h.nik = p.nik)`;

export interface Held {
  readonly held: number;
  /** Instalments that may be at the bank, or are: not held. */
  readonly atBank: number;
}

/**
 * Holds a person: what is certainly not at the bank, and whatever becomes due until they are let go.
 * @throws exit 2 when nobody with a NIK has this registration
 */
export async function holdPerson(tx: Tx, registrationId: string, by: string, note: string, now: Date): Promise<Held> {
  const nik = await nikOf(tx, registrationId);
  const verified = await isVerified(tx, by);
  await tx
    .insertInto('payment_holds')
    .values({ nik, registration_id: registrationId, held_by: by, held_verified: verified, held_at: now, note })
    .onConflict((conflict) => conflict.column('nik').doNothing())
    .execute();
  const { rows } = await sql<{
    id: string;
    state: string;
  }>`select instalment_id as id, state from instalments where nik = ${nik}`.execute(tx);
  const moves = rows.map(({ id }) => ({ instalmentId: id, to: 'held', reason: 'held_by_operator' }));
  const held = await moveInstalments(tx, ['due', 'prepared', 'released', 'rejected', 'returned'], moves, now);
  await audit(tx, { who: by, verified, action: 'payout hold', subject: registrationId, note });
  const atBank = rows.filter(({ state }) => ['submitting', 'unknown', 'accepted'].includes(state)).length;
  return { held: held.size, atBank };
}

/** @throws exit 2 */
async function nikOf(tx: Tx, registrationId: string): Promise<string> {
  const { rows } = await sql<{ nik: string }>`
    select nik from registrations where registration_id = ${registrationId} and nik is not null`.execute(tx);
  if (!rows[0]) throw refuse(`nobody who could be paid has the registration ${registrationId}`);
  return rows[0].nik;
}

export interface Letting {
  readonly registrationId: string;
  readonly by: string;
  readonly note: string;
  readonly now: Date;
  /** The account that money came back from is in order, by this person's word. */
  readonly sameAccount?: boolean | undefined;
  /** The bank has been asked about what it contradicted itself about, and the money did not arrive. */
  readonly bankAsked?: boolean | undefined;
}

/**
 * Lets go what a person or a list held, once the cause is gone: due again, and screened again before it is paid. Returns
 * how many.
 * @throws exit 2 when money came back from the account and it was not corrected since, the bank said both that it paid and
 * that it did not, or a statement shows money that went out and did not come back
 */
export async function releaseHold(tx: Tx, letting: Letting): Promise<number> {
  const { registrationId, by, note, now, sameAccount, bankAsked } = letting;
  const nik = await nikOf(tx, registrationId);
  const { rows: wrong } = await sql`
    select 1 from instalments i join payment_orders o on (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number)
    where i.nik = ${nik} and i.state = 'held' and not ${accountCorrected(now)}
      and exists (select from ledger_entries e where e.reference = o.reference and e.account = 'returned')`.execute(tx);
  if (wrong.length > 0 && !sameAccount)
    throw refuse(
      `money came back from the account of ${registrationId}, which was not corrected since: import the corrected account, or say --same-account when the bank has confirmed it`,
    );
  const { rows: contradicted } = await sql`
    select 1 from instalments i
    where i.nik = ${nik} and i.state = 'held' and (i.reason = 'bank_contradiction' or ${CONTRADICTED})`.execute(tx);
  if (contradicted.length > 0 && !bankAsked)
    throw refuse(
      `the bank said that it paid ${registrationId} and that it did not: ask it, and say --bank-asked when the money did not arrive`,
    );
  const { rows: out } = await sql`
    select 1 from instalments i where i.nik = ${nik} and i.state = 'held' and ${MONEY_OUT}`.execute(tx);
  if (out.length > 0)
    throw refuse(
      `a statement shows money that went to ${registrationId} and did not come back, or a debit that is to be explained ("breaks list"): nothing is paid again before`,
    );
  const lifted = await tx.deleteFrom('payment_holds').where('nik', '=', nik).executeTakeFirst();
  const { numAffectedRows } = await sql`
    update instalments set state = 'due', reason = '', payout_run = null where nik = ${nik} and state = 'held'`.execute(
    tx,
  );
  if (!numAffectedRows && !lifted.numDeletedRows) throw refuse('no instalment of this registration is held');
  const vouched = [
    sameAccount && wrong.length > 0 ? ' (the same account is in order)' : '',
    bankAsked ? ' (the bank was asked)' : '',
  ];
  await audit(tx, { who: by, action: 'payout unhold', subject: registrationId, note: note + vouched.join('') });
  return Number(numAffectedRows);
}
