import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { type ImportResult, importFile } from '../../db/import/index.ts';
import { touch } from '../../db/touch.ts';
import { open } from '../../scripts/batch.ts';
import { close } from '../../scripts/batch-close.ts';
import type { Report } from '../../scripts/command.ts';
import { type Hall, hall, linesOf, NOON, nik } from '../helpers/batch.ts';
import { citizen } from '../helpers/citizen.ts';

const CORRECTIONS = 'registration_id,field,value,at';
const OTHER_KK = '3273019999999991';

const reg = (id: string) => `(select reg from registrations where registration_id = '${id}')`;
const query = async (here: Hall, text: string) => (await here.database.pool.query(text)).rows;
const poolOf = (here: Hall) => linesOf(join(here.dir, 'draws', '1'), 'pool.csv').map((line) => line.split(',')[0]);
const closed = (here: Hall) => here.at(NOON, () => close('1', {}));
const carried = (here: Hall) =>
  query(here, 'select registration_id as id, reason from carried_over join registrations using (reg) order by 1');
const mixedUp = (here: Hall) =>
  query(here, 'select registration_id from pool p join registrations r using (reg) where p.nik <> r.nik');

/** Batch 1 is open, and all of `people` have joined it. */
async function joined(people: number, changes?: Parameters<typeof hall>[1]): Promise<Hall> {
  const here = await hall(people, changes);
  await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,1') }));
  await here.join(1, 1, people);
  return here;
}

const correct = (here: Hall, ...lines: string[]) =>
  here.load('corrections', CORRECTIONS, ...lines.map((line) => `${line},${NOON}`));

/** Some worker has looked at it again, and said the same. */
const decidedAgain = (here: Hall, id: string, stage = '%') =>
  query(here, `delete from touched where stage like '${stage}' and reg = ${reg(id)}`);

/** Resolves when `n` sessions wait for locks. */
async function waiting(here: Hall, n: number): Promise<void> {
  for (;;) {
    const rows = await query(
      here,
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows.length >= n) return;
  }
}

/** Begins `first`, which stops where it writes `table`; then `second`; lets go when both wait or `second` has ended. */
async function stopped<A, B>(here: Hall, table: string, first: () => Promise<A>, second: () => Promise<B>) {
  const client = await here.database.pool.connect();
  await client.query(`begin; lock table ${table} in share mode`);
  const one = first();
  await waiting(here, 1);
  const two = second();
  await Promise.race([waiting(here, 2), two]);
  await client.query('commit');
  client.release();
  return [await one, await two] as const;
}

describe('a correction that is merged while the pool freezes', () => {
  const importing = (here: Hall) => {
    const path = here.file('c.csv', `${CORRECTIONS}\nR1,nik,${nik(77)},${NOON}\nR2,kk_number,${OTHER_KK},${NOON}\n`);
    return (): Promise<ImportResult> =>
      importFile(here.database, {
        ...{ kind: 'corrections', path, quarantineDir: here.dir },
        ...{ now: new Date(NOON), registryOnline: false },
      });
  };

  it('finds it frozen when it comes later', async () => {
    const here = await joined(3);
    const [, imported] = await stopped(here, 'pool', () => closed(here), importing(here));
    expect(imported).toMatchObject({ imported: 0, quarantined: 2 });
    expect(poolOf(here)).toEqual(['R1', 'R2', 'R3']);
    expect(await mixedUp(here)).toEqual([]);
  });

  it('is seen whole when it came first', async () => {
    const here = await joined(3);
    const closing = async (): Promise<Report> => {
      // Nobody decides here what the import has opened.
      await query(here, `update chunks set state = 'cancelled' where state = 'ready'`);
      return closed(here);
    };
    const [imported] = await stopped(here, 'touched', importing(here), closing);
    expect(imported).toMatchObject({ imported: 2, quarantined: 0 });
    expect(poolOf(here)).toEqual(['R3']);
    expect(await carried(here)).toEqual(['R1', 'R2'].map((id) => ({ id, reason: 'undecided' })));
    expect(await mixedUp(here)).toEqual([]);
  });
});

describe('whose corrected data no worker has looked at', () => {
  it.each([
    ['nik', nik(77)],
    ['kk_number', OTHER_KK],
    ['full_name', 'Aminah'],
    ['birth_date', '1991-01-01'],
    ['email', 'new@example.com'],
  ])('is carried over, not drawn on the old verdict: %s', async (field, value) => {
    const here = await joined(2);
    await correct(here, `R1,${field},${value}`);
    expect((await closed(here)).json).toMatchObject({ eligible: 1, carried: { undecided: 1 } });
    expect(poolOf(here)).toEqual(['R2']);
    expect(await carried(here)).toEqual([{ id: 'R1', reason: 'undecided' }]);
  });

  it('is so too where somebody else had them looked at again before, by a clock that is ahead', async () => {
    const here = await joined(2);
    await query(
      here,
      `insert into touched (stage, reg, since) select 'dukcapil', reg, now() + interval '1 day' from registrations`,
    );
    await correct(here, `R1,kk_number,${OTHER_KK}`);
    await closed(here);
    expect(poolOf(here)).toEqual(['R2']);
  });

  it('is carried over although the answer came while the pool was frozen without them', async () => {
    const here = await joined(4);
    await correct(here, `R1,kk_number,${OTHER_KK}`);
    await query(here, `delete from verdicts_layer3 where reg = ${reg('R2')}`);
    await query(here, `update verdicts_dukcapil set outcome = 'waiting', reason = 'registry_timeout' where reg = 2`);
    // Of the old day's lists: R3 has been decided long ago.
    await here.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(3)},2020-09-01,,BKN`);
    await decidedAgain(here, 'R3');
    await stopped(
      here,
      'pool',
      () => closed(here),
      async () => {
        await decidedAgain(here, 'R1');
        await query(here, `update verdicts_dukcapil set outcome = 'passed', reason = '' where reg = 2`);
        await query(
          here,
          `insert into verdicts_layer3 (reg, outcome, policy_id, chunk_id) values (${reg('R2')}, 'passed', 1, 1)`,
        );
      },
    );
    expect(poolOf(here)).toEqual(['R4']);
    expect(await carried(here)).toEqual(['R1', 'R2'].map((id) => ({ id, reason: 'undecided' })));
  });

  it('leaves the person it was, who is looked at again as well', async () => {
    const here = await hall(4, (n) => (n < 4 ? { nik: nik(1) } : {}));
    for (const stage of ['layer3', 'dukcapil', 'email'])
      await query(here, `delete from verdicts_${stage} where reg in (${reg('R2')}, ${reg('R3')})`);
    await query(
      here,
      `update verdicts_dedupe set outcome = 'rejected', reason = 'duplicate_nik' where reg in (${reg('R2')}, ${reg('R3')})`,
    );
    await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,1') }));
    await here.join(1, 1, 1);
    await here.join(1, 3, 4);
    await correct(here, `R1,nik,${nik(77)}`);
    await closed(here);
    expect(poolOf(here)).toEqual(['R4']);
    expect(await carried(here)).toEqual(['R1', 'R3'].map((id) => ({ id, reason: 'undecided' })));
  });
});

it('whoever is looked at again for another reason is in the pool', async () => {
  const here = await joined(6);
  const again = (stage: 'dedupe' | 'email' | 'dukcapil', id: string) =>
    here.database.db.transaction().execute((tx) => touch(tx, stage, sql.raw(`select ${reg(id)} as reg`)));
  for (const stage of ['dedupe', 'email', 'dukcapil'] as const) await again(stage, 'R1');
  // Corrected and decided, then looked at again.
  await correct(here, `R2,kk_number,${OTHER_KK}`, `R2,email,new@example.com`);
  await decidedAgain(here, 'R2');
  for (const stage of ['email', 'dukcapil'] as const) await again(stage, 'R2');
  // The stage that is open does not read what was corrected.
  await again('dukcapil', 'R3');
  await correct(here, `R3,email,new@example.com`);
  await decidedAgain(here, 'R3', 'email');
  // Layer 3 is judged at closing.
  await here.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(4)},2020-01-01,2020-02-01,BKN`);
  await here.load('otp', 'registration_id,phone,result,at', 'R5,081234567890,verified,2020-08-02T00:00:00Z');
  // What was corrected is what stood there.
  await again('dukcapil', 'R6');
  await correct(here, `R6,kk_number,${citizen.kk_number}`);
  await closed(here);
  expect(poolOf(here)).toEqual(['R1', 'R2', 'R3', 'R4', 'R5', 'R6']);
});
