import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { audit, walkChain } from '../../db/audit.ts';
import type { Database, Tx } from '../../db/connection.ts';
import { runChecks } from '../../db/doctor.ts';
import { postMovements } from '../../db/ledger.ts';
import { protectRecords, recordTables } from '../../db/protect.ts';
import { testDatabase } from '../helpers/database.ts';

const RECORDS = ['audit', 'ledger_entries', 'payout_approvals'];

/** A database whose tables are the program's, a role that is no superuser. */
async function production(): Promise<{ database: Database; program: string; owner: string }> {
  const database = await testDatabase(4, onTestFinished);
  const suffix = randomBytes(4).toString('hex');
  const [program, owner] = [`program_${suffix}`, `records_${suffix}`];
  await database.pool.query(`
    create role ${program} nologin;
    grant create, usage on schema public to ${program};
    do $$ declare c record; begin
      for c in select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') loop
        execute format('alter table %I owner to ${program}', c.relname);
      end loop;
      for c in select relname from pg_class s where relnamespace = 'public'::regnamespace and relkind = 'S'
        and not exists (select from pg_depend d where d.objid = s.oid and d.deptype in ('a', 'i')) loop
        execute format('alter sequence %I owner to ${program}', c.relname);
      end loop;
    end $$;
    alter function never_changes() owner to ${program};
    alter function ledger_is_balanced() owner to ${program}`);
  return { database, program, owner };
}

const protect = ({ database, owner }: { database: Database; owner: string }) =>
  database.db.transaction().execute((tx) => protectRecords(tx, { owner, by: 'dba' }));

/** What the program's role may do. */
const asProgram = <T>({ database, program }: { database: Database; program: string }, work: (tx: Tx) => Promise<T>) =>
  database.db.transaction().execute(async (tx) => {
    await sql`set local role ${sql.id(program)}`.execute(tx);
    return work(tx);
  });

describe('records that the program cannot change', () => {
  it('are read and added to as before', async () => {
    const here = await production();
    expect(await protect(here)).toEqual(expect.arrayContaining(RECORDS));
    const movement = { reference: 'X', from: 'treasury', to: 'programme', amountIdr: '5' } as const;
    await asProgram(here, async (tx) => {
      await audit(tx, { who: 'ayu', action: 'a', subject: 's', note: '' });
      await postMovements(tx, [movement], new Date());
      expect((await recordTables(tx)).filter(({ mayChange }) => mayChange)).toEqual([]);
    });
    expect(await walkChain(here.database.db)).toMatchObject({ rows: 2, broken: null });
  });

  it.each([
    'alter table ledger_entries disable trigger all',
    'alter table audit disable trigger user',
    'create or replace function never_changes() returns trigger language plpgsql as $$ begin return new; end $$',
    'drop table audit',
    'update ledger_entries set debit_idr = 1',
    'delete from audit',
    'truncate payout_approvals',
  ])('nor is any way left to: %s', async (statement) => {
    const here = await production();
    await protect(here);
    await expect(asProgram(here, (tx) => sql.raw(statement).execute(tx))).rejects.toMatchObject({ code: '42501' });
  });

  it('without it the role that owns them could switch the triggers off', async () => {
    const here = await production();
    await asProgram(here, (tx) => sql`alter table audit disable trigger user`.execute(tx));
  });

  it('doctor says by what they are guarded, and when somebody could change them again', async () => {
    const here = await production();
    const check = async (tx: Tx) => (await runChecks(tx, new Date())).find(({ name }) => name === 'records');
    expect(await asProgram(here, check)).toMatchObject({ ok: true, detail: expect.stringContaining('by trigger;') });
    await protect(here);
    expect(await asProgram(here, check)).toMatchObject({
      ok: true,
      detail: expect.stringContaining('trigger and role'),
    });
    await here.database.pool.query(`grant delete on audit to ${here.program}`);
    expect(await asProgram(here, check)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('could change audit'),
    });
    await protect(here);
    expect(await asProgram(here, check)).toMatchObject({ ok: true });
  });

  it('can be given back for a migration', async () => {
    const here = await production();
    await protect(here);
    await protect({ ...here, owner: here.program });
    await asProgram(here, (tx) => sql`alter table audit add column more text`.execute(tx));
  });

  it('is for a superuser, and not for the program itself', async () => {
    const here = await production();
    const own = asProgram(here, (tx) => protectRecords(tx, { owner: here.owner, by: 'ayu' }));
    await expect(own).rejects.toThrow(`${here.program} owns every table`);
    const first = await testDatabase(2, onTestFinished);
    await expect(protect({ database: first, owner: here.owner })).rejects.toThrow('owns every table');
  });
});
