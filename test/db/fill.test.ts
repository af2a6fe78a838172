import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Tx } from '../../db/connection.ts';
import { fillTable } from '../../db/fill.ts';
import { testDatabase } from '../helpers/database.ts';
import { clear } from '../helpers/import.ts';

const database = await testDatabase();
const { db } = database;

beforeEach(() => clear(database));

async function indexes(tx: Tx): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select indexdef as name from pg_indexes where tablename = 'otp' order by 1`.execute(tx);
  return rows.map(({ name }) => name);
}

async function insert(tx: Tx, phone: string): Promise<void> {
  await sql`
    insert into otp (reg, phone, result, at, load_id) values (1, ${phone}, 'failed', '2020-04-11T08:00:00Z', 1)`.execute(
    tx,
  );
}

describe('fillTable', () => {
  it('fills an empty table without its keys and makes them afterwards', async () => {
    await db.transaction().execute(async (tx) => {
      const before = await indexes(tx);
      expect(before).not.toEqual([]);
      await fillTable(tx, 'otp', async () => {
        expect(await indexes(tx)).toEqual([]);
        await insert(tx, '1');
      });
      expect(await indexes(tx)).toEqual(before);
    });
  });

  it('leaves the keys of a table that holds something', async () => {
    await db.transaction().execute(async (tx) => {
      await insert(tx, '1');
      const before = await indexes(tx);
      await fillTable(tx, 'otp', async () => {
        expect(await indexes(tx)).toEqual(before);
        await insert(tx, '2');
      });
      const { rows } = await sql<{ n: number }>`select count(*)::int4 as n from otp`.execute(tx);
      expect(rows[0]?.n).toBe(2);
    });
  });

  it('refuses a repeat that the filling let in, and leaves nothing behind', async () => {
    const twice = db.transaction().execute((tx) =>
      fillTable(tx, 'otp', async () => {
        await insert(tx, '1');
        await insert(tx, '1');
      }),
    );
    await expect(twice).rejects.toMatchObject({ code: '23505' });
    await db.transaction().execute(async (tx) => {
      expect(await indexes(tx)).not.toEqual([]);
      await insert(tx, '1');
    });
  });
});
