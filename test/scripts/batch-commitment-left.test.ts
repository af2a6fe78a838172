import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../jobs/canonical.ts';
import { open, show } from '../../scripts/batch.ts';
import { type CloseOptions, close } from '../../scripts/batch-close.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { verify } from '../../scripts/batch-verify.ts';
import { done } from '../../scripts/command.ts';
import { BEACON, type Hall, hall, NOON } from '../helpers/batch.ts';
import { somebodyWaits } from '../helpers/save.ts';

/** Round 42 of quicknet comes at 2023-08-23T15:11:30Z. */
const ROUND = 'drand-quicknet:42';
const BEFORE = '2023-08-23T15:11:29Z';
const AFTER = '2023-08-23T15:11:31Z';

/** Joined by three, and the directory of its draw. */
async function opened(): Promise<{ here: Hall; dir: string }> {
  const here = await hall(3);
  await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,1') }));
  await here.join(1, 1, 3);
  return { here, dir: join(here.dir, 'draws', '1') };
}

/** A closing that loses its connection when it has signed its commitment and not committed it to the database. */
async function killed(here: Hall, beacon: string, now = NOON, options: CloseOptions = {}): Promise<void> {
  const { pool } = here.database;
  const log = await pool.connect();
  await log.query(`begin; select pg_advisory_xact_lock(hashtext('prakerja audit'))`);
  await here.at(now, async () => {
    const closing = close('1', { beacon, ...options });
    closing.catch(() => undefined);
    await somebodyWaits(here.database);
    await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    await expect(closing).rejects.toThrow();
    return done({});
  });
  await log.query('commit');
  log.release();
}

const closeAt = (here: Hall, beacon: string, now = NOON, options: CloseOptions = {}) =>
  here.at(now, () => close('1', { beacon, ...options }));
const commitmentIn = (dir: string) => readFileSync(join(dir, 'commitment.json'), 'utf8');
const published = (dir: string) => readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'latin1')]);

async function inDatabase(here: Hall): Promise<unknown> {
  const { rows } = await here.database.pool.query('select dir, beacon, commitment_sha256, attempt from batches');
  return rows[0];
}

describe('a commitment that an interrupted closing has signed', () => {
  it('stands, whatever the next closing commits to', async () => {
    const { here, dir } = await opened();
    await killed(here, 'manual:one');
    const signed = published(dir);
    expect(await inDatabase(here)).toMatchObject({ commitment_sha256: null });
    const { lines } = await closeAt(here, 'manual:two');
    expect(published(dir)).toEqual(signed);
    expect(lines.join('\n')).toContain(`had committed to manual:one in ${dir}: that stands, and not manual:two.`);
    expect(lines.at(-1)).toContain('before manual:one exists');
    const commitment_sha256 = sha256Hex(commitmentIn(dir));
    expect(await inDatabase(here)).toEqual({ dir, beacon: 'manual:one', commitment_sha256, attempt: 1 });
    await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
    expect(await verify(dir, { key: join(dir, 'office.pub') })).toMatchObject({ exitCode: 0 });
  });

  it('stands also where the one given cannot be committed to any more', async () => {
    const { here, dir } = await opened();
    await killed(here, 'manual:one', BEFORE);
    await closeAt(here, ROUND, AFTER);
    expect(await inDatabase(here)).toMatchObject({ dir, beacon: 'manual:one', attempt: 1 });
  });

  it('is followed by a second when its round is out', async () => {
    const { here, dir } = await opened();
    await killed(here, ROUND, BEFORE);
    const signed = published(dir);
    await expect(closeAt(here, ROUND, AFTER)).rejects.toMatchObject({ exitCode: 2 });
    const { lines } = await closeAt(here, 'manual:two', AFTER);
    expect(lines.join('\n')).toContain('this is attempt 2, which names its hash');
    expect(published(dir)).toEqual(signed);
    expect(JSON.parse(commitmentIn(`${dir}-2`))).toMatchObject({
      attempt: 2,
      beacon: 'manual:two',
      previous: sha256Hex(commitmentIn(dir)),
    });
    expect(await inDatabase(here)).toMatchObject({ dir: `${dir}-2`, beacon: 'manual:two', attempt: 2 });
    await here.at(AFTER, () => draw('1', { beaconValue: BEACON }));
    expect(await verify(`${dir}-2`)).toMatchObject({ exitCode: 0, json: { drawn: true } });
    const { rows } = await here.database.pool.query(
      `select subject from audit where action = 'batch close' order by audit_id`,
    );
    expect(rows).toEqual([{ subject: 'batch 1' }, { subject: 'batch 1 attempt 2' }]);
  });

  it('is followed by a second when the pool is another by now', async () => {
    const { here, dir } = await opened();
    await killed(here, 'manual:one');
    const signed = published(dir);
    await here.database.pool.query(`update pool set track = 'whitelist' where reg = 1`);
    await closeAt(here, 'manual:two');
    expect(published(dir)).toEqual(signed);
    expect(JSON.parse(commitmentIn(`${dir}-2`)).previous).toBe(sha256Hex(commitmentIn(dir)));
    expect(await verify(`${dir}-2`)).toMatchObject({ exitCode: 0 });
    expect(await verify(dir)).toMatchObject({
      exitCode: 0,
      json: { notes: ['this is not the last commitment of its batch: attempt 2 in 1-2/ follows it'] },
    });
  });

  it('and a second after it: the second is the one that stands', async () => {
    const { here, dir } = await opened();
    await killed(here, ROUND, BEFORE);
    await killed(here, 'manual:two', AFTER);
    const signed = [published(dir), published(`${dir}-2`)];
    await closeAt(here, 'manual:three', AFTER);
    expect([published(dir), published(`${dir}-2`)]).toEqual(signed);
    expect(existsSync(`${dir}-3`)).toBe(false);
    expect(await inDatabase(here)).toMatchObject({ dir: `${dir}-2`, beacon: 'manual:two', attempt: 2 });
  });

  it('as a second one, stands likewise', async () => {
    const { here, dir } = await opened();
    await closeAt(here, 'manual:one');
    const again = { again: true, by: 'ayu', note: 'no dice' };
    await killed(here, 'manual:two', NOON, again);
    const signed = published(`${dir}-2`);
    const { lines } = await closeAt(here, 'manual:three', NOON, again);
    expect(lines[0]).toContain('that stands, and not manual:three');
    expect(lines[1]).toContain(`has commitment 2 to manual:two in ${dir}-2`);
    expect(published(`${dir}-2`)).toEqual(signed);
  });

  it('of another chain is left alone: the closing wants another directory', async () => {
    const { here, dir } = await opened();
    await closeAt(here, 'manual:one');
    mkdirSync(`${dir}-2`);
    const other = commitmentIn(dir)
      .replace('"attempt":1', '"attempt":2')
      .replace('null', `"${'0'.repeat(64)}"`);
    writeFileSync(join(`${dir}-2`, 'commitment.json'), other);
    await expect(closeAt(here, 'manual:two', NOON, { again: true, by: 'ayu', note: 'x' })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('name another directory'),
    });
    expect(commitmentIn(`${dir}-2`)).toBe(other);
  });
});

describe('batch close', () => {
  it('--again is refused once the round committed to is out', async () => {
    const { here, dir } = await opened();
    await closeAt(here, ROUND, BEFORE);
    const again = { again: true, by: 'ayu', note: 'another would be nicer' };
    await expect(closeAt(here, 'manual:two', AFTER, again)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^drand-quicknet:42, which attempt 1 .* came at 2023-08-23T15:11:30.000Z/),
    });
    expect(existsSync(`${dir}-2`)).toBe(false);
    await closeAt(here, 'manual:two', BEFORE, again);
    await closeAt(here, 'manual:three', AFTER, again);
  });

  it('knows its directory from wherever the draw is made', async () => {
    const { here } = await opened();
    const dir = join(here.dir, 'elsewhere');
    await closeAt(here, 'manual:1', NOON, { dir: relative(process.cwd(), dir) });
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ dir });
    const second = join(here.dir, 'second');
    const again = { again: true, by: 'ayu', note: 'x', dir: relative(process.cwd(), second) };
    await closeAt(here, 'manual:2', NOON, again);
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ dir: second });
    expect(isAbsolute(second)).toBe(true);
  });
});
