import { sql } from 'kysely';
import type { Db, Tx } from './connection.ts';

/** Places that a batch got from an earlier one's revocations. */
export interface FreedPlaces {
  /** The batch whose participants were revoked. */
  readonly from: number;
  readonly places: number;
}

/** Frees places of a batch's participants, by province; fewer than 0 take back what an undone revocation had freed. */
export async function freePlaces(tx: Tx, batch: number, places: ReadonlyMap<string, number>, at: Date): Promise<void> {
  const rows = [...places].map(([province_code, n]) => ({ batch, province_code, places: n, freed_at: at }));
  if (rows.length > 0) await tx.insertInto('freed_places').values(rows).execute();
}

/**
 * Gives the free places to a batch, once. A province that owes some, because a revocation was undone after its place had
 * been given away, gives none until as many have come free.
 * @returns places per province
 */
export async function giveFreePlaces(tx: Tx, batch: number): Promise<Map<string, number>> {
  await sql`lock table freed_places in share row exclusive mode`.execute(tx);
  const { rows } = await sql<{ province_code: string; places: number }>`
    with given as (
      update freed_places f set given_to = ${batch} where given_to is null and province_code in (
        select province_code from freed_places where given_to is null group by 1 having sum(places) > 0)
      returning province_code, places)
    select province_code, sum(places)::float8 as places from given group by 1`.execute(tx);
  return new Map(rows.map((row) => [row.province_code, row.places]));
}

/** What a cancelled batch had been given is free again. */
export async function returnPlaces(tx: Tx, batch: number): Promise<void> {
  await tx.updateTable('freed_places').set({ given_to: null }).where('given_to', '=', batch).execute();
}

/** How many places are free for the next batch. */
export async function freePlacesLeft(db: Db): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select coalesce(sum(n), 0)::float8 as n from (
      select greatest(0, sum(places)) as n from freed_places where given_to is null group by province_code) f`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** Of which batches the freed places of a batch are. */
export async function originsOf(db: Db, batch: number): Promise<FreedPlaces[]> {
  const { rows } = await sql<FreedPlaces>`
    select batch as "from", sum(places)::float8 as places from freed_places
    where given_to = ${batch} group by 1 having sum(places) <> 0 order by 1`.execute(db);
  return rows;
}
