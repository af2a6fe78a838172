import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeCommitment, storeSelections } from '../../db/selection.ts';
import { withLock } from '../../db/session.ts';
import { sha256Hex } from '../../jobs/canonical.ts';
import { cancel, open } from '../../scripts/batch.ts';
import { close } from '../../scripts/batch-close.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { verify } from '../../scripts/batch-verify.ts';
import { done, type Report } from '../../scripts/command.ts';
import { add } from '../../scripts/operator.ts';
import { BEACON, closedBatch, type Hall, hall, NOON } from '../helpers/batch.ts';

const drawn = (here: Hall, beaconValue = BEACON) => here.at(NOON, () => draw('1', { beaconValue }));
const again = (here: Hall) =>
  here.at(NOON, () => close('1', { again: true, by: 'ayu', note: 'the round was late', beacon: 'manual:second' }));
const commitmentIn = (dir: string) => readFileSync(join(dir, 'commitment.json'));

/** Open, and joined by three. */
async function opened(): Promise<Hall> {
  const here = await hall(3);
  await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,1') }));
  await here.join(1, 1, 3);
  return here;
}

/** Frozen by a closing that was killed before it published anything. */
async function frozen(): Promise<Hall> {
  const here = await opened();
  const elsewhere = join(here.dir, 'elsewhere');
  await here.at(NOON, () => close('1', { dir: elsewhere }));
  await here.database.pool.query('update batches set dir = null, beacon = null, commitment_sha256 = null');
  return here;
}

/** Killed between result.csv and the database. */
async function drawnOnDisk(): Promise<{ here: Hall; dir: string }> {
  const here = await hall(5);
  const dir = await closedBatch(here, 1, here.policy({}), here.quota('32,2'), [1, 5]);
  await drawn(here);
  await here.database.pool.query(`delete from selections; update batches set state = 'closed', drawn_at = null`);
  return { here, dir };
}

async function deeds(here: Hall): Promise<unknown[]> {
  const { rows } = await here.database.pool.query(
    `select who, action, subject from audit where action like 'batch c%' or action like 'batch d%' order by audit_id`,
  );
  return rows;
}

describe('two closings of one batch beside each other', () => {
  it.each([['open', opened] as const, ['frozen', frozen] as const])(
    'publish one commitment where it is %s',
    async (_state, begun) => {
      const here = await begun();
      const dirs = ['a', 'b'].map((name) => join(here.dir, name));
      const both = dirs.map((dir, i) => () => close('1', { beacon: `manual:${i}`, dir }));
      let ended: PromiseSettledResult<Report>[] = [];
      await here.at(NOON, async () => {
        ended = await Promise.allSettled(both.map((one) => one()));
        return done({});
      });
      const failed = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(failed).toMatchObject([{ message: expect.stringMatching(/another process closes|is closed already/) }]);
      const published = dirs.filter((dir) => existsSync(join(dir, 'commitment.json')));
      const { rows } = await here.database.pool.query('select dir, commitment_sha256 from batches');
      expect(rows).toEqual([
        { dir: published[0], commitment_sha256: sha256Hex(commitmentIn(published[0] as string).toString()) },
      ]);
      expect(published).toHaveLength(1);
    },
  );

  it('and a draw, or a second commitment: who comes while another is at it changes nothing, and says so', async () => {
    const here = await hall(3);
    const dir = await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 3]);
    const busy = { exitCode: 1, message: expect.stringContaining('try again when it has ended') };
    await withLock(
      here.database,
      'batch 1',
      async () => {
        await expect(drawn(here)).rejects.toMatchObject(busy);
        await expect(again(here)).rejects.toMatchObject(busy);
        await expect(here.at(NOON, () => close('1', {}))).rejects.toMatchObject(busy);
      },
      () => expect.unreachable(),
    );
    expect(readdirSync(dir)).not.toContain('seed.json');
    expect(existsSync(`${dir}-2`)).toBe(false);
    await drawn(here);
  });
});

describe('a commitment', () => {
  it('is stored only where the one before is what it was, and its file written only then', async () => {
    const here = await hall(3);
    const dir = await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 3]);
    const before = commitmentIn(dir);
    const store = (previous: string | null, attempt: number) =>
      here.database.db
        .transaction()
        .execute((tx) =>
          storeCommitment(tx, 1, { dir, beacon: 'manual:x', sha256: '0'.repeat(64), attempt, previous }),
        );
    await expect(store(null, 1)).rejects.toMatchObject({ exitCode: 2 });
    await expect(store('1'.repeat(64), 2)).rejects.toMatchObject({ exitCode: 2 });
    await expect(store(sha256Hex(before.toString()), 3)).rejects.toMatchObject({ exitCode: 2 });
    await here.at(NOON, () => cancel('1'));
    await expect(store(sha256Hex(before.toString()), 2)).rejects.toMatchObject({ exitCode: 2 });
    expect(commitmentIn(dir)).toEqual(before);
  });

  it('is not followed by another when its file is not what was committed to', async () => {
    const here = await hall(3);
    const dir = await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 3]);
    await here.database.pool.query(`update batches set commitment_sha256 = repeat('0', 64)`);
    await expect(again(here)).rejects.toThrow('is not what was committed to');
    expect(existsSync(`${dir}-2`)).toBe(false);
  });

  it('that is not the one drawn keeps its batch from being drawn', async () => {
    const here = await hall(3);
    await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 3]);
    const other = { batch: 1, commitment_sha256: '0'.repeat(64), by: 'cli', note: '' };
    await expect(storeSelections(here.database, other, [], new Date(NOON))).rejects.toMatchObject({ exitCode: 2 });
    expect((await here.database.pool.query('select state from batches')).rows).toEqual([{ state: 'closed' }]);
  });
});

describe('a draw that was interrupted after its result was written', () => {
  it('is finished, and no second commitment is made', async () => {
    const { here, dir } = await drawnOnDisk();
    await expect(again(here)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('attempt 1 of batch 1 was drawn already'),
    });
    expect(existsSync(`${dir}-2`)).toBe(false);
    await expect(drawn(here, 'abcd')).rejects.toMatchObject({ exitCode: 2 });
    expect((await drawn(here)).json).toMatchObject({ selected: 2 });
  });

  it('and was followed by a second commitment all the same: two draws, which verify finds', async () => {
    const { here, dir } = await drawnOnDisk();
    const kept = readFileSync(join(dir, 'seed.json'));
    renameSync(join(dir, 'seed.json'), join(here.dir, 'hidden'));
    await again(here);
    await drawn(here, 'abcd');
    expect(await verify(`${dir}-2`)).toMatchObject({ exitCode: 0 });
    writeFileSync(join(dir, 'seed.json'), kept);
    expect(await verify(`${dir}-2`)).toMatchObject({
      exitCode: 1,
      json: { difference: '1/seed.json: is there, so attempt 1 was drawn too: two draws of batch 1' },
    });
  });
});

describe('who closes and draws', () => {
  it('is in the log, once for each deed', async () => {
    const here = await opened();
    await here.at(NOON, () => close('1', { by: 'ayu' }));
    await again(here);
    await here.at(NOON, () => draw('1', { beaconValue: BEACON, by: 'budi' }));
    await drawn(here);
    expect(await deeds(here)).toEqual([
      { who: 'ayu', action: 'batch close', subject: 'batch 1' },
      { who: 'ayu', action: 'batch close again', subject: 'batch 1 attempt 2' },
      { who: 'budi', action: 'batch draw', subject: 'batch 1' },
    ]);
  });

  it('needs the token of an operator, once there is one', async () => {
    const here = await opened();
    const { json } = await here.at(NOON, () => add('ayu', { role: 'admin,operations' }));
    const { token } = json as { token: string };
    const asAyu = (command: () => Promise<Report>) =>
      here.at(NOON, () => {
        process.env.PRAKERJA_TOKEN = token;
        return command();
      });
    const nameless = 'PRAKERJA_TOKEN must hold your token';
    await expect(here.at(NOON, () => close('1', { by: 'ayu' }))).rejects.toThrow(nameless);
    await asAyu(() => close('1', {}));
    await expect(drawn(here)).rejects.toThrow(nameless);
    await asAyu(() => draw('1', { beaconValue: BEACON }));
    expect(await deeds(here)).toEqual([
      { who: 'ayu', action: 'batch close', subject: 'batch 1' },
      { who: 'ayu', action: 'batch draw', subject: 'batch 1' },
    ]);
  });
});
