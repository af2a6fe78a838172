import { sql } from 'kysely';

/**
 * The columns that layer 3's rules read, of `r` (registrations), with the lists valid on `today` (WIB). The stage and
 * the closing of a batch read the same, so that they cannot judge differently.
 */
export function applicantColumns(today: string) {
  return sql`r.birth_date as "birthDate", to_char(r.registered_at at time zone 'Asia/Jakarta', 'YYYY-MM-DD') as "registeredOn",
    r.in_school as "inSchool", r.employment, r.disability,
    ${listedOn(today)} as listed,
    exists (select from otp o where o.reg = r.reg and o.phone = r.phone and o.result = 'verified') as "phoneVerified"`;
}

/** The exclusion lists that hold `r.nik` on a day, inclusive of the last. */
export function listedOn(today: string) {
  // Hardly anybody is on a list: one look at the index spares most of them the rest, which took twice as long.
  return sql`case when exists (select from exclusions x where x.nik = r.nik) then
    coalesce((select array_agg(distinct x.list) from exclusions_known x
    where x.nik = r.nik and ${today}::date >= x.valid_from and (x.valid_to is null or ${today}::date <= x.valid_to)), '{}') else '{}' end`;
}
