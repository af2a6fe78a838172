import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decree } from '../../scripts/batch-decree.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { verify } from '../../scripts/batch-verify.ts';
import { done, type Report } from '../../scripts/command.ts';
import { add } from '../../scripts/operator.ts';
import { BEACON, closedBatch, type Hall, hall, linesOf, NOON, nik } from '../helpers/batch.ts';
import { somebodyWaits } from '../helpers/save.ts';
import { decreed, ONE_DAY_LATER, setAt, sha256, text } from './decree-directory.ts';

const BUSY = { status: 'rejected', reason: { exitCode: 1, message: expect.stringContaining('sets its decree, now') } };
const confirmAt = (here: Hall, now: string, batch = '1') =>
  here.at(now, () => decree(batch, { confirm: true, by: 'budi' }));

async function participants(here: Hall): Promise<string[]> {
  const { rows } = await here.database.pool.query<{ id: string }>(
    'select registration_id as id from participants join registrations using (reg) order by 1',
  );
  return rows.map(({ id }) => id);
}

/** Whom decree.csv makes participants. */
function named(dir: string): string[] {
  const lines = linesOf(dir, 'decree.csv').filter((line) => !line.includes(',removed,'));
  return lines.map((line) => line.split(',')[0] ?? '').sort();
}

/** Begins `first`, which comes to wait in `held`, a transaction's statement; then `second`; lets go. What they came to. */
async function whileFirstWaits(here: Hall, held: string, first: () => Promise<Report>, second: () => Promise<Report>) {
  const holder = await here.database.pool.connect();
  await holder.query(`begin; ${held}`);
  let ended: PromiseSettledResult<Report>[] = [];
  await here.at(NOON, async () => {
    const one = first();
    await somebodyWaits(here.database);
    const other = second();
    other.catch(() => undefined);
    await secondWaits(here, other);
    await holder.query('commit');
    holder.release();
    ended = await Promise.allSettled([one, other]);
    return done({});
  });
  return ended;
}

/** Resolves when two sessions wait for a lock, or when `other` has ended. */
async function secondWaits({ database }: Hall, other: Promise<Report>): Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  other.then(end, end);
  for (let waiting = 0; waiting < 2 && !over; ) {
    const { rows } = await database.pool.query<{ n: number }>(
      `select count(*)::int4 as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    waiting = rows[0]?.n ?? 0;
  }
}

describe('a decree set again and confirmed at one moment', () => {
  it('while it is confirmed it is not set: who is signed for are the participants', async () => {
    const { here, dir } = await decreed();
    const leader = linesOf(dir, 'result.csv')[0]?.split(',')[1] ?? '';
    await here.load(
      'exclusions',
      'list,nik,valid_from,valid_to,source',
      `tni,${nik(Number(leader.slice(1)))},2020-09-15,,TNI`,
    );
    const ended = await whileFirstWaits(
      here,
      'lock table participants in access exclusive mode',
      () => decree('1', { confirm: true, by: 'budi' }),
      () => decree('1', { number: 'SK-2', by: 'ayu' }),
    );
    expect(ended).toMatchObject([{ status: 'fulfilled' }, BUSY]);
    expect(await participants(here)).toEqual(named(dir));
    expect(await verify(dir, { key: join(dir, 'office.pub') })).toMatchObject({ exitCode: 0 });
  });

  it('while it is set it is not confirmed, and a confirmed one is not written over', async () => {
    const { here, dir } = await decreed();
    const ended = await whileFirstWaits(
      here,
      'lock table selections in access exclusive mode',
      () => decree('1', { number: 'SK-2', by: 'ayu' }),
      () => decree('1', { confirm: true, by: 'budi' }),
    );
    expect(ended).toMatchObject([{ status: 'fulfilled' }, BUSY]);
    await confirmAt(here, NOON);
    const signed = await text(dir, 'decree.csv');
    await expect(setAt(here, NOON, 'SK-3')).rejects.toMatchObject({ exitCode: 2 });
    expect(await text(dir, 'decree.csv')).toBe(signed);
    expect(await verify(dir, { key: join(dir, 'office.pub') })).toMatchObject({ exitCode: 0 });
  });

  it('what is signed are the bytes that were checked, and not what lies there by then', async () => {
    const { here, dir } = await decreed();
    const checked = await text(dir, 'decree.csv');
    const [confirming] = await whileFirstWaits(
      here,
      'lock table participants in access exclusive mode',
      () => decree('1', { confirm: true, by: 'budi' }),
      async () => {
        writeFileSync(join(dir, 'decree.csv'), checked.replace(/^R\d+/, 'R999'));
        return done({});
      },
    );
    expect(confirming).toMatchObject({ status: 'fulfilled' });
    expect(linesOf(dir, 'decree.sha256')).toContain(`${sha256(checked)}  decree.csv`);
  });
});

describe('a decree is confirmed', () => {
  it('on the day it was screened, and not later', async () => {
    const { here } = await decreed();
    await expect(confirmAt(here, ONE_DAY_LATER)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('was screened on 2020-09-15, and lists may have changed: set it again today'),
    });
    await expect(confirmAt(here, '2020-09-15T23:59:59+07:00')).resolves.toMatchObject({ exitCode: 0 });
  });

  it('once there are operators, only when an operator has set it', async () => {
    const { here } = await decreed();
    const token = async (name: string, role: string, by?: string) => {
      const { json } = await here.at(NOON, () => asOwner(by, () => add(name, { role })));
      return (json as { token: string }).token;
    };
    const asOwner = (owner: string | undefined, command: () => Promise<Report>) => {
      if (owner !== undefined) process.env.PRAKERJA_TOKEN = owner;
      return command();
    };
    const admin = await token('wati', 'admin,approver,operations');
    const confirm = () => here.at(NOON, () => asOwner(admin, () => decree('1', { confirm: true, by: 'wati' })));
    await expect(confirm()).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('set under a name that was not verified'),
    });
    expect(await participants(here)).toEqual([]);
    const sari = await token('sari', 'operations', admin);
    await here.at(NOON, () => asOwner(sari, () => decree('1', { number: 'SK-1', by: 'sari' })));
    expect(await confirm()).toMatchObject({ json: { participants: 5 } });
  });

  it('one after the other: of two with one person the second is told so', async () => {
    const here = await hall(2);
    for (const batch of ['1', '2']) {
      await closedBatch(here, Number(batch), here.policy({}), here.quota('32,2'), [1, 2]);
      await here.at(NOON, () => draw(batch, { beaconValue: BEACON }));
      await here.at(NOON, () => decree(batch, { number: `SK-${batch}`, by: 'ayu' }));
    }
    // The first has its participants, not committed: it waits to be written into the log.
    const ended = await whileFirstWaits(
      here,
      `select pg_advisory_xact_lock(hashtext('prakerja audit'))`,
      () => decree('1', { confirm: true, by: 'budi' }),
      () => decree('2', { confirm: true, by: 'budi' }),
    );
    expect(ended).toMatchObject([
      { status: 'fulfilled' },
      { reason: { exitCode: 2, message: expect.stringContaining('2 people of this decree take part already') } },
    ]);
  });
});
