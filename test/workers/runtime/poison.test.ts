import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { builtinPolicy } from '../../../jobs/policy.ts';
import { createEmailStage } from '../../../workers/email/stage.ts';
import { type AnyStage, execute } from '../../../workers/runtime/executor.ts';
import { createLog } from '../../../workers/runtime/log.ts';
import { testDatabase } from '../../helpers/database.ts';
import { clear, HEADER, importer, line, values } from '../../helpers/import.ts';

const PEOPLE = 20;
const database = await testDatabase();
const { db } = database;
const load = importer(database);
const context = {
  db,
  log: createLog('silent'),
  now: () => new Date('2020-09-15T12:00:00+07:00'),
  stopping: new AbortController().signal,
};
const email = createEmailStage(undefined);

/** Twenty people whom dedupe has passed, and one ready chunk of the e-mail stage over all of them. */
beforeEach(async () => {
  await sql`drop trigger if exists spoil on verdicts_email`.execute(db);
  await clear(database);
  const people = Array.from({ length: PEOPLE }, (_, i) =>
    line({ registration_id: `R${i + 1}`, nik: `32730115059000${String(i + 10)}` }),
  );
  await load('registrations', [HEADER, ...people, ''].join('\n'));
  await sql`insert into verdicts_dedupe (reg, outcome, policy_id, chunk_id) select reg, 'passed', 1, 1 from registrations`.execute(
    db,
  );
  await sql`update chunks set stage = 'email'`.execute(db);
});

/** Stores no verdict of one person except a parked one: a fault that is in the data, not in the connection. */
async function poison(registration: string): Promise<void> {
  await sql
    .raw(`
    create or replace function spoil() returns trigger language plpgsql as $$ begin
      if new.outcome <> 'parked' and new.reg = (select reg from registrations where registration_id = '${registration}') then
        raise exception 'a value that no column takes' using errcode = '22003'; end if;
      return new; end $$;
    create or replace trigger spoil before insert on verdicts_email for each row execute function spoil()`)
    .execute(db);
}

/** Works on whatever is ready, time going by, until nothing is; returns how many chunks were executed. */
async function workAll(stage: AnyStage): Promise<number> {
  for (let executed = 0; ; executed++) {
    await sql`update chunks set not_before = clock_timestamp()`.execute(db);
    const [next] = await values(
      database,
      `
      select c.chunk_id from chunks c join runs r using (run_id) where c.state = 'ready' and r.state = 'running' order by lo limit 1`,
    );
    if (next === undefined) return executed;
    await execute(context, stage, String(next)).catch(() => undefined);
  }
}

const decided = () =>
  values(
    database,
    `select outcome || ' ' || reason || ' ' || count(*) from verdicts_email group by outcome, reason order by 1`,
  );

describe('one record that fails', () => {
  it('is found by halving and parked with what failed; the others are decided', async () => {
    await poison('R7');
    const executed = await workAll(email);
    expect(await decided()).toEqual(['parked email_error 1', `waiting email_no_answer ${PEOPLE - 1}`]);
    const parked = `select registration_id || ' ' || detail from verdicts_email join registrations using (reg) where outcome = 'parked'`;
    expect(await values(database, parked)).toEqual([expect.stringMatching(/^R7 error 22003 db\/verdicts\.ts:\d+$/)]);
    expect(await values(database, `select count(*) from chunks where state <> 'done'`)).toEqual(['0']);
    expect(await values(database, 'select sum(n_in) from chunks')).toEqual([String(PEOPLE)]);
    // 20, 10, 5, 3, 2, 1, 1 again and the seven halves that were left: logarithmic, not one by one.
    expect(executed).toBeLessThan(15);
  });

  it('thrown by the rules is parked too, when its deciding throws twice', async () => {
    const [poisoned] = await values(database, `select reg from registrations where registration_id = 'R5'`);
    let thrown = 0;
    const broken: AnyStage = {
      ...email,
      decide: (rows, answers, stageContext) => {
        if ((rows as readonly { reg: string }[]).some(({ reg }) => reg === poisoned)) {
          thrown++;
          throw new TypeError("Cannot read properties of undefined (reading 'length')");
        }
        return email.decide(rows as never, answers as never, stageContext);
      },
    };
    await workAll(broken);
    expect(thrown).toBeGreaterThan(1);
    expect(await values(database, `select count(*) from verdicts_email`)).toEqual([String(PEOPLE)]);
    expect(await values(database, `select detail from verdicts_email where outcome = 'parked'`)).toEqual([
      "Cannot read properties of undefined (reading 'length')",
    ]);
  });

  it('waits for a person when not even parking it works', async () => {
    await poison('R7');
    await sql
      .raw(`create or replace trigger spoil_all before insert on verdicts_email for each row when (new.outcome = 'parked')
      execute function never_changes()`)
      .execute(db);
    await workAll(email);
    await sql`drop trigger spoil_all on verdicts_email`.execute(db);
    expect(await decided()).toEqual([`waiting email_no_answer ${PEOPLE - 1}`]);
    expect(await values(database, `select hi - lo from chunks where state = 'failed'`)).toEqual(['0']);
  });
});

describe('a run past its limit', () => {
  const limited = { ...builtinPolicy, limits: { email: { parked: { count: 3, share: '0.2' } } } };

  /** Parks whom it decides: what a program with a fault in its rules would come to. */
  const parking: AnyStage = {
    ...email,
    decide: () => {
      throw new RangeError('Invalid time value');
    },
  };

  it('stops, says why, and decides nobody further until a person starts it again', async () => {
    await sql`update policies set body = ${JSON.stringify(limited)}::jsonb`.execute(db);
    await workAll(parking);
    expect(await values(database, 'select state from runs')).toEqual(['stopped']);
    const [why] = await values(database, 'select stopped_why from runs');
    expect(why).toMatch(/stopped at email: 3 of the last 3 were parked \(100 %\), past the limit of 20 %/);
    expect(await decided()).toEqual(['parked email_error 2']);
    const [next] = await values(database, `select chunk_id from chunks where state = 'ready' limit 1`);
    expect(await execute(context, email, String(next))).toBe('gone');
  });
});
