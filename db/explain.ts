import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import type { Db } from './connection.ts';

export interface Decision {
  stage: string;
  outcome: string;
  reason: string;
  detail: string;
  decided_at: Date;
  policy: string;
  superseded_at: Date | null;
}

/** An order of an instalment; times are ISO 8601. */
export interface PaymentOrder {
  order_number: number;
  reference: string;
  /** Why it was refused or came back; null: it was not, as far as is known. */
  reason: string | null;
  bank_reference: string | null;
  submitted_at: string | null;
  settled_at: string | null;
}

/** Everything that was decided about one registration, the standing verdicts and those they replaced. @throws exit 2 */
export async function explainRegistration(db: Db, registrationId: string) {
  const found = await db
    .selectFrom('registrations')
    .select(['reg', 'registered_at', 'province_code'])
    .where('registration_id', '=', registrationId)
    .executeTakeFirst();
  if (!found) throw refuse(`there is no registration ${registrationId}`);
  const decisions = await sql<Decision>`
    select d.stage, d.outcome, d.reason, d.detail, d.decided_at, p.version as policy, d.superseded_at from (
      select stage, outcome, reason, detail, decided_at, policy_id, null::timestamptz as superseded_at from verdicts where reg = ${found.reg}
      union all select stage, outcome, reason, detail, decided_at, policy_id, superseded_at from verdict_history where reg = ${found.reg}) d
    join policies p using (policy_id)
    order by array_position(array['dedupe', 'email', 'dukcapil', 'layer3'], d.stage), d.superseded_at nulls last`.execute(
    db,
  );
  const batches = await sql<{
    batch: number;
    state: string;
    track: string | null;
    rank: string | null;
    decision: string | null;
    decreed: string | null;
    carried_from: number | null;
  }>`
    select j.batch, j.carried_from, coalesce(b.state, 'not opened') as state, p.track, s.rank, s.decision, d.decision as decreed
    from joins j left join batches b using (batch) left join pool p on p.batch = j.batch and p.reg = j.reg
    left join selections s on s.batch = j.batch and s.reg = j.reg left join decree_lines d on d.batch = j.batch and d.reg = j.reg
    where j.reg = ${found.reg} order by j.batch`.execute(db);
  const instalments = await sql<{
    kind: string;
    number: number;
    state: string;
    reason: string;
    due_on: string;
    orders: PaymentOrder[];
  }>`
    select i.kind, i.number, i.state, i.reason, i.due_on, coalesce((
      select json_agg(json_build_object('order_number', o.order_number, 'reference', o.reference, 'reason', nullif(o.reason, ''),
        'bank_reference', o.bank_reference, 'submitted_at', o.submitted_at, 'settled_at', o.settled_at) order by o.order_number)
      from payment_orders o where o.instalment_id = i.instalment_id), '[]') as orders
    from instalments i
    where i.reg = ${found.reg} order by i.kind, i.number`.execute(db);
  return { ...found, decisions: decisions.rows, batches: batches.rows, instalments: instalments.rows };
}
