import { type RawBuilder, sql } from 'kysely';

/** What an applicant submitted, apart from registration_id and NIK, in the order of the contract. */
const submitted = [
  'registered_at',
  'kk_number',
  'full_name',
  'birth_place',
  'birth_date',
  'sex',
  'mother_name',
  'email',
  'phone',
  'province_code',
  'employment',
  'education',
  'in_school',
  'disability',
];

/** These columns as SQL, of a table when it is named. */
export function columnsOf(table?: string): RawBuilder<unknown> {
  return sql.raw(submitted.map((name) => (table ? `${table}.${name}` : name)).join(', '));
}

/** A submission as one text, the same whatever the session's time zone: kept when a correction changes the row. */
export function contentOf(table: string, nik: RawBuilder<unknown>): RawBuilder<string> {
  const values = submitted.map((name) =>
    name === 'registered_at' ? `${table}.${name} at time zone 'UTC'` : `${table}.${name}`,
  );
  return sql<string>`json_build_array(${nik}::text, ${sql.raw(values.join(', '))})::text`;
}
