import { sql } from 'kysely';
import type { Db } from './connection.ts';

export interface Funnel {
  registered: number;
  unique: number;
  email_verified: number;
  nik_valid: number;
  layer3_passed: number;
  joined: number;
  participants: number;
  training: number;
  completed: number;
  incentive_recipients: number;
  /** Whole rupiah as a string of digits; surveys apart. */
  incentive_paid_idr: string;
  waiting: Record<string, number>;
  parked: Record<string, number>;
  rejected: Record<string, number>;
}

/** The funnel of contract section 4; with a batch, joined to incentive_paid_idr are of that batch alone. */
export async function funnel(db: Db, batch: number | null, now: Date): Promise<Funnel> {
  const { rows } = await sql<Omit<Funnel, 'waiting' | 'parked' | 'rejected'>>`
    select
      (select count(*) from registrations)::int4 as registered,
      ((select count(*) from people) + (select count(*) from registrations r where nik is null
        and exists (select from verdicts_dedupe v where v.reg = r.reg)))::int4 as unique,
      (select count(*) from verdicts_email where outcome = 'passed')::int4 as email_verified,
      (select count(*) from verdicts_dukcapil where outcome = 'passed')::int4 as nik_valid,
      (select count(*) from verdicts_layer3 where outcome = 'passed')::int4 as layer3_passed,
      (select count(distinct coalesce(r.nik, -r.reg)) from joins j join registrations r on r.reg = j.reg
        where ${batch}::int is null or j.batch = ${batch})::int4 as joined,
      (select count(*) from participants where ${batch}::int is null or batch = ${batch})::int4 as participants,
      ${trained('purchased', batch, now)} as training,
      ${trained('completed', batch, now)} as completed,
      (select count(distinct nik) from instalments where kind = 'incentive' and state = 'paid'
        and (${batch}::int is null or batch = ${batch}))::int4 as incentive_recipients,
      (select coalesce(sum(amount_idr), 0) from instalments where kind = 'incentive' and state = 'paid'
        and (${batch}::int is null or batch = ${batch}))::text as incentive_paid_idr`.execute(db);
  const reasons = await sql<{ outcome: 'waiting' | 'parked' | 'rejected'; key: string; n: number }>`
    select outcome, stage || '.' || reason as key, count(*)::int4 as n from verdicts
    where outcome <> 'passed' group by 1, 2 order by 2`.execute(db);
  const counts = { ...(rows[0] as (typeof rows)[number]), waiting: {}, parked: {}, rejected: {} } as Funnel;
  for (const { outcome, key, n } of reasons.rows) counts[outcome][key] = n;
  return counts;
}

/** Participants with a training event by now for the batch that took them. */
function trained(event: 'purchased' | 'completed', batch: number | null, now: Date) {
  return sql`(select count(distinct p.nik) from participants p join registrations r on r.nik = p.nik
    join training t on t.reg = r.reg and t.batch = p.batch and t.event = ${event} and t.at <= ${now}
    where ${batch}::int is null or p.batch = ${batch})::int4`;
}
