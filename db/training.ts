import { sql } from 'kysely';

/** A training event as the database hands it over: `at` is ISO 8601. */
export interface EventRow {
  readonly event: string;
  readonly trainingId: string;
  readonly at: string;
}

/** Of a person and batch (`i` or `p`): what was known by `now` of their training, as `EventRow`s. */
export function trainingOf(who: 'i' | 'p', now: Date) {
  return sql<EventRow[]>`coalesce((
    select json_agg(json_build_object('event', t.event, 'trainingId', t.training_id, 'at', t.at))
    from registrations q join training t on t.reg = q.reg
    where q.nik = ${sql.ref(`${who}.nik`)} and t.batch = ${sql.ref(`${who}.batch`)} and t.at <= ${now}), '[]')`;
}

/** Of a person and batch: the WIB date on which incentive 1 was due when it was ordered; null: it was not yet. */
export function firstOrderedDueOn(who: 'i' | 'p') {
  return sql<string | null>`(
    select f.due_on::text from instalments f
    where (f.nik, f.batch, f.kind, f.number) = (${sql.ref(`${who}.nik`)}, ${sql.ref(`${who}.batch`)}, 'incentive', 1) and f.order_number > 0)`;
}
