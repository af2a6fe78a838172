import { sql } from 'kysely';
import { sha256Hex } from '../jobs/canonical.ts';
import { refuse } from '../jobs/errors.ts';
import type { Role } from '../jobs/roles.ts';
import type { Db, Tx } from './connection.ts';

export interface Operator {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly added_at: Date;
  readonly added_by: string;
  readonly removed_at: Date | null;
}

/** Everybody who is or was one, by name. */
export async function readOperators(db: Db | Tx): Promise<Operator[]> {
  const rows = await db
    .selectFrom('operators')
    .select(['name', 'roles', 'added_at', 'added_by', 'removed_at'])
    .orderBy('name')
    .execute();
  return rows.map((row) => ({ ...row, roles: row.roles as Role[] }));
}

/** Whether names are verified here: from the first operator on, for ever. */
export async function hasOperators(db: Db | Tx): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`select exists (select from operators) as has`.execute(db);
  return rows[0]?.has === true;
}

/** Whose token it is; undefined: nobody's, or of somebody who was removed. */
export async function ownerOf(db: Db | Tx, token: string): Promise<Pick<Operator, 'name' | 'roles'> | undefined> {
  const row = await db
    .selectFrom('operators')
    .select(['name', 'roles'])
    .where('token_sha256', '=', sha256Hex(token))
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return row && { name: row.name, roles: row.roles as Role[] };
}

/**
 * Whether a name that a deed is written down under is a verified one. From the first operator on no command takes
 * another person's name, so that an operator's name is theirs.
 */
export async function isVerified(db: Db | Tx, name: string): Promise<boolean> {
  const { rows } = await sql<{ verified: boolean }>`
    select exists (select from operators where name = ${name} and removed_at is null) as verified`.execute(db);
  return rows[0]?.verified === true;
}

/**
 * The same of who is about to decide about money.
 * @throws exit 2 once there are operators, when it is none, or was removed since the token was looked at
 */
export async function isVerifiedNow(tx: Tx, name: string): Promise<boolean> {
  const verified = await isVerified(tx, name);
  if (!verified && (await hasOperators(tx))) throw refuse(`${name} is no operator any more`);
  return verified;
}

/** Of a row `n` with (by, verified): once there are operators, only what one of them did counts, while they are one. */
export const COUNTS = sql`(not exists (select from operators)
  or (n.verified and exists (select from operators p where p.name = n.by and p.removed_at is null)))`;

export interface NewOperator {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly token: string;
  readonly by: string;
  readonly now: Date;
}

/** Whether somebody is the first, or the last who may add others, holds until the transaction's end. */
export async function oneChangeAtATime(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('prakerja operators'))`.execute(tx);
}

/** @throws exit 2 when the name is taken, by somebody who was removed too */
export async function addOperator(tx: Tx, { name, roles, token, by, now }: NewOperator): Promise<void> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('operators')
    .values({ name, roles: [...roles], token_sha256: sha256Hex(token), added_at: now, added_by: by })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirstOrThrow();
  if (!numInsertedOrUpdatedRows) throw refuse(`there is, or was, an operator ${name}: take another name`);
}

/** @throws exit 2 when there is none, or it is the last who may add others */
export async function removeOperator(tx: Tx, name: string, now: Date): Promise<void> {
  await oneChangeAtATime(tx);
  const { rows } = await sql<{ admins: number }>`
    select count(*)::int4 as admins from operators where removed_at is null and 'admin' = any(roles) and name <> ${name}`.execute(
    tx,
  );
  if (!rows[0]?.admins) throw refuse(`${name} is the last admin: add another before`);
  const { numUpdatedRows } = await tx
    .updateTable('operators')
    .set({ removed_at: now })
    .where('name', '=', name)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (!numUpdatedRows) throw refuse(`there is no operator ${name}`);
}
