import { sql } from 'kysely';
import type { Db } from './connection.ts';
import { accountCorrected, accountInForce, type PayeeAccount } from './orders.ts';

/** A participant with the account that money would go to now. */
export interface ParticipantAccount {
  readonly nik: string;
  readonly registrationId: string;
  readonly batch: number;
  readonly account: PayeeAccount | null;
  /** The wallet in force is of another phone than the registration; +62 and 0 are the same. */
  readonly phoneDiffers: boolean;
  /** A payment to the account in force was refused or came back, and it was not corrected since. */
  readonly refused: boolean;
  /** Whole rupiah that are held for the account's sake, as text. */
  readonly heldIdr: string;
}

const DIGITS = (phone: ReturnType<typeof sql>) =>
  sql`regexp_replace(regexp_replace(${phone}, '[^0-9]', '', 'g'), '^62', '0')`;

/** Participants after a NIK, in order; who is revoked is not among them. */
export async function participantAccounts(
  db: Db,
  after: string,
  now: Date,
  { limit, ourFaults }: { readonly limit: number; readonly ourFaults: readonly string[] },
): Promise<ParticipantAccount[]> {
  const isRefused = sql`(h.state in ('rejected', 'returned') and h.reason <> all(${ourFaults}) and exists (
    select from payment_orders o where (o.instalment_id, o.order_number) = (h.instalment_id, h.order_number)
      and not ${accountCorrected(now)}))`;
  const { rows } = await sql<ParticipantAccount>`
    select i.nik, r.registration_id as "registrationId", i.batch, ${accountInForce(now)} as account,
      coalesce((
        select a.channel = 'ewallet' and ${DIGITS(sql`a.phone`)} <> ${DIGITS(sql`r.phone`)}
        from registrations o join accounts a on a.reg = o.reg where o.nik = i.nik and a.linked_at <= ${now}
        order by a.linked_at desc limit 1), false) as "phoneDiffers",
      exists (select from instalments h where h.nik = i.nik and ${isRefused}) as refused,
      (select coalesce(sum(h.amount_idr), 0)::text from instalments h where h.nik = i.nik
        and ((h.state = 'held' and h.reason like 'account\\_%') or ${isRefused})) as "heldIdr"
    from participants i join registrations r on r.reg = i.reg
    where i.state = 'participant' and i.nik > ${after} order by i.nik limit ${limit}`.execute(db);
  return rows;
}
