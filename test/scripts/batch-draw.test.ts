import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { show } from '../../scripts/batch.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { verify } from '../../scripts/batch-verify.ts';
import { BEACON, closedBatch, confirmedBatch, type Hall, hall, linesOf, NOON } from '../helpers/batch.ts';

const OTHER = '00'.repeat(32);
const drawn = (here: Hall, beaconValue = BEACON) => here.at(NOON, () => draw('1', { beaconValue }));

/** Six people for three places, closed. */
async function six(): Promise<{ here: Hall; dir: string }> {
  const here = await hall(6);
  return { here, dir: await closedBatch(here, 1, here.policy({}), here.quota('32,3'), [1, 6]) };
}

describe('batch draw', () => {
  it('verifies; the same value again changes nothing, another one is refused', async () => {
    const { here, dir } = await six();
    await expect(drawn(here, 'xyz')).rejects.toMatchObject({ exitCode: 2 });
    expect((await drawn(here)).json).toMatchObject({ batch: 1, selected: 3, waiting_list: 3, dir });
    const result = linesOf(dir, 'result.csv');
    expect(result.map((line) => line.split(',').at(-1))).toEqual([
      ...Array(3).fill('selected'),
      ...Array(3).fill('waiting_list'),
    ]);
    expect(await verify(dir)).toMatchObject({ exitCode: 0, json: { ok: true, drawn: true } });
    expect(await drawn(here, BEACON.toUpperCase())).toMatchObject({ exitCode: 0, json: { unchanged: true } });
    await expect(drawn(here, OTHER)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('never overwritten'),
    });
    expect(linesOf(dir, 'result.csv')).toEqual(result);
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({
      state: 'drawn',
      eligible: 6,
      selected: 3,
      participants: 0,
    });
  });

  it('a changed result or pool does not verify, and a changed pool is not drawn', async () => {
    const { here, dir } = await six();
    const copy = join(here.dir, 'copy');
    writeFileSync(join(dir, 'pool.csv'), `${linesOf(dir, 'pool.csv').slice(1).join('\n')}\n`);
    await expect(drawn(here)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('not what was committed to'),
    });
    writeFileSync(join(dir, 'pool.csv'), [1, 2, 3, 4, 5, 6].map((n) => `R${n},32,public,,,\n`).join(''));
    await drawn(here);
    cpSync(dir, copy, { recursive: true });
    const [first = '', ...rest] = linesOf(dir, 'result.csv');
    writeFileSync(join(copy, 'result.csv'), `${[first.replace(/[0-9a-f]{8}/, '00000000'), ...rest].join('\n')}\n`);
    expect(await verify(copy)).toMatchObject({
      exitCode: 1,
      json: { ok: false, difference: expect.stringContaining('result.csv') },
    });
    expect(await verify(join(here.dir, 'nowhere'))).toMatchObject({ exitCode: 1, json: { ok: false } });
  });

  it.each([['seed.json'], ['seed.json and result.csv']])(
    'interrupted after %s: the same value finishes it, and no other',
    async (kept) => {
      const { here, dir } = await six();
      await drawn(here);
      const result = linesOf(dir, 'result.csv');
      await here.database.pool.query('delete from selections');
      await here.database.pool.query(`update batches set state = 'closed', drawn_at = null`);
      if (kept === 'seed.json') rmSync(join(dir, 'result.csv'));
      await expect(drawn(here, OTHER)).rejects.toMatchObject({ exitCode: 2 });
      expect((await drawn(here)).json).toMatchObject({ selected: 3 });
      expect(linesOf(dir, 'result.csv')).toEqual(result);
      expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ state: 'drawn', selected: 3 });
    },
  );
});

describe('over two batches', () => {
  it('a household has kk_cap participants at most, those of earlier batches included', async () => {
    const here = await hall(8);
    const policy = here.policy({ kk_cap: 2 });
    const first = await closedBatch(here, 1, policy, here.quota('32,1'), [1, 2]);
    await confirmedBatch(here, 1);
    const second = await closedBatch(here, 2, policy, here.quota('32,5'), [1, 8]);
    await confirmedBatch(here, 2);
    const pool = linesOf(second, 'pool.csv').map((line) => line.split(','));
    expect(pool.length).toBe(7);
    expect(new Set(pool.map(([, , , , , prior]) => prior))).toEqual(new Set(['1']));
    const tokens = new Set(
      [...linesOf(first, 'pool.csv'), ...linesOf(second, 'pool.csv')].map((line) => line.split(',')[4]),
    );
    expect(tokens.size).toBe(2);
    expect(linesOf(second, 'result.csv').filter((line) => line.endsWith(',selected')).length).toBe(1);
    expect(await verify(second)).toMatchObject({ exitCode: 0, json: { drawn: true } });
    const { rows } = await here.database.pool.query('select batch from participants order by batch');
    expect(rows).toEqual([{ batch: 1 }, { batch: 2 }]);
  });

  it('waiting earlier counts where the order is by score', async () => {
    const here = await hall(4, (n) => ({ employment: n <= 2 ? 'job_seeker' : 'employed' }));
    const policy = here.policy({ order: 'score_then_lottery' });
    await closedBatch(here, 1, policy, here.quota('32,0'), [1, 3]);
    await confirmedBatch(here, 1);
    const second = await closedBatch(here, 2, policy, here.quota('32,2'), [2, 4]);
    expect(linesOf(second, 'pool.csv')).toEqual(['R2,32,public,25,,', 'R3,32,public,5,,', 'R4,32,public,0,,']);
    await confirmedBatch(here, 2);
    const order = linesOf(second, 'result.csv').map((line) => line.split(',')[1]);
    expect(order).toEqual(['R2', 'R3', 'R4']);
    expect(await verify(second)).toMatchObject({ exitCode: 0 });
  });

  it('nobody takes part twice: participants are not in the next pool, revoked ones neither', async () => {
    const here = await hall(3);
    await closedBatch(here, 1, here.policy({}), here.quota('32,2'), [1, 2]);
    await confirmedBatch(here, 1);
    await here.database.pool.query(
      `update participants set state = 'revoked', revoked_at = now() where reg = (select min(reg) from participants)`,
    );
    const second = await closedBatch(here, 2, here.policy({}), here.quota('32,3'), [1, 3]);
    expect(linesOf(second, 'pool.csv')).toEqual(['R3,32,public,,,']);
  });
});
