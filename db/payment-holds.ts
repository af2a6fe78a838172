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

interface HeldOne {
  readonly id: string;
  /** Money came back from the account of its last order, which was not corrected since. */
  readonly sameAccount: boolean;
  readonly contradicted: boolean;
  readonly moneyOut: boolean;
}

export interface LetGo {
  readonly due: number;
  /** Instalments that stay held: money of them is out. */
  readonly held: number;
}

/**
 * Lets go what a person or a list held, once the cause is gone: due again, and screened again before it is paid.
 * @throws exit 2 when nothing is held but what has money out, money came back from the account and it was not corrected
 * since, or the bank said both that it paid and that it did not
 */
export async function releaseHold(tx: Tx, letting: Letting): Promise<LetGo> {
  const { registrationId, by, note, now, sameAccount, bankAsked } = letting;
  const nik = await nikOf(tx, registrationId);
  const held = await heldOnes(tx, nik, now);
  const going = held.filter(({ moneyOut }) => !moneyOut);
  const lifted = await tx.deleteFrom('payment_holds').where('nik', '=', nik).executeTakeFirst();
  if (going.length === 0 && held.length > 0 && !lifted.numDeletedRows)
    throw refuse(
      `a statement shows money that went to ${registrationId} and did not come back, or a debit that is to be explained ("breaks list"): nothing is paid again before`,
    );
  const isSame = going.some((one) => one.sameAccount);
  if (isSame && !sameAccount)
    throw refuse(
      `money came back from the account of ${registrationId}, which was not corrected since: import the corrected account, or say --same-account when the bank has confirmed it`,
    );
  if (going.some((one) => one.contradicted) && !bankAsked)
    throw refuse(
      `the bank said that it paid ${registrationId} and that it did not: ask it, and say --bank-asked when the money did not arrive`,
    );
  if (going.length === 0 && !lifted.numDeletedRows) throw refuse('no instalment of this registration is held');
  await sql`
    update instalments set state = 'due', reason = '', payout_run = null where instalment_id = any(${going.map(({ id }) => id)}::bigint[])`.execute(
    tx,
  );
  const vouched = [
    sameAccount && isSame ? ' (the same account is in order)' : '',
    bankAsked ? ' (the bank was asked)' : '',
  ];
  await audit(tx, { who: by, action: 'payout unhold', subject: registrationId, note: note + vouched.join('') });
  return { due: going.length, held: held.length - going.length };
}

async function heldOnes(tx: Tx, nik: string, now: Date): Promise<HeldOne[]> {
  const { rows } = await sql<HeldOne>`
    select i.instalment_id as id, ${MONEY_OUT} as "moneyOut", (i.reason = 'bank_contradiction' or ${CONTRADICTED}) as contradicted,
      exists (select from payment_orders o where (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number) and not ${accountCorrected(now)}
        and exists (select from ledger_entries e where e.reference = o.reference and e.account = 'returned')) as "sameAccount"
    from instalments i where i.nik = ${nik} and i.state = 'held' order by 1 for update`.execute(tx);
  return rows;
}
