import { describe, expect, it } from 'vitest';
import { cancel, show } from '../../scripts/batch.ts';
import { decree } from '../../scripts/batch-decree.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { verify } from '../../scripts/batch-verify.ts';
import { explain } from '../../scripts/explain.ts';
import { BEACON, closedBatch, confirmedBatch, type Hall, hall, linesOf, NOON, nik } from '../helpers/batch.ts';

const set = (here: Hall, batch = '1') => here.at(NOON, () => decree(batch, { number: 'SK-1', by: 'ayu' }));
const confirm = (here: Hall, by: string, batch = '1') => here.at(NOON, () => decree(batch, { confirm: true, by }));

/** Six people for three places, drawn. The registrations by rank. */
async function drawnSix(): Promise<{ here: Hall; dir: string; ranks: string[] }> {
  const here = await hall(6);
  const dir = await closedBatch(here, 1, here.policy({}), here.quota('32,3'), [1, 6]);
  await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
  return { here, dir, ranks: linesOf(dir, 'result.csv').map((line) => line.split(',')[1] ?? '') };
}

const EXCLUSIONS = 'list,nik,valid_from,valid_to,source';
const nikOf = (id = '') => nik(Number(id.slice(1)));

describe('batch decree', () => {
  it('removes who came onto a list since the draw and promotes the first who waits and is on none', async () => {
    const { here, dir, ranks } = await drawnSix();
    const [first, second, third, fourth, fifth] = ranks;
    await here.load('exclusions', EXCLUSIONS, ...[second, fourth].map((id) => `polri,${nikOf(id)},2020-09-15,,POLRI`));
    const done = await set(here);
    expect(done.json).toMatchObject({ confirmed: 2, removed: 2, promoted: 1 });
    expect(linesOf(dir, 'decree.csv')).toEqual([
      `${first},confirmed,,`,
      `${second},removed,excluded_polri,`,
      `${fourth},removed,excluded_polri,`,
      `${fifth},promoted,,${second}`,
      `${third},confirmed,,`,
    ]);
    expect(await verify(dir)).toMatchObject({ exitCode: 0 });
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ state: 'decreed', participants: 0 });
    expect((await confirm(here, 'budi')).json).toEqual({ batch: 1, state: 'confirmed', participants: 3 });
    const { rows } = await here.database.pool.query(`
      select registration_id as id, decree, state, announced_on from participants join registrations using (reg)`);
    expect(rows.map(({ id }) => id).sort()).toEqual([first, third, fifth].sort());
    expect(rows[0]).toMatchObject({ decree: 'SK-1', state: 'participant', announced_on: '2020-09-15' });
    expect((await here.at(NOON, () => explain(fifth ?? ''))).lines.join()).toContain(
      'waiting_list, rank 5, public, decree: promoted',
    );
  });

  it('needs a number, a draw, and another person to confirm; it is confirmed once, and set no more', async () => {
    const here = await hall(2);
    await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 2]);
    await expect(set(here)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('batch 1 is closed'),
    });
    await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
    await expect(confirm(here, 'budi')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('batch 1 is drawn'),
    });
    await expect(here.at(NOON, () => decree('1', { by: 'ayu' }))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('--number'),
    });
    await set(here);
    await set(here);
    await expect(confirm(here, 'ayu')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('another person must confirm'),
    });
    await expect(here.at(NOON, () => cancel('1'))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('decreed'),
    });
    await confirm(here, 'budi');
    await expect(confirm(here, 'cita')).rejects.toMatchObject({ exitCode: 2 });
    await expect(set(here)).rejects.toMatchObject({ exitCode: 2 });
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ state: 'confirmed', participants: 1 });
  });

  it('interrupted after decree.csv was written: set again, with the lists of then', async () => {
    const { here, dir, ranks } = await drawnSix();
    await set(here);
    await here.database.pool.query('delete from decree_lines');
    await here.database.pool.query(
      `update batches set state = 'drawn', decree = null, decreed_by = null, decreed_at = null`,
    );
    await here.load('exclusions', EXCLUSIONS, `tni,${nikOf(ranks[0])},2020-09-15,,TNI`);
    expect((await set(here)).json).toMatchObject({ removed: 1, promoted: 1 });
    expect(linesOf(dir, 'decree.csv')[0]).toBe(`${ranks[0]},removed,excluded_tni,`);
  });

  it('whoever became a participant of another batch since the draw gives the place to the next', async () => {
    const here = await hall(3);
    await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 1]);
    const second = await closedBatch(here, 2, here.policy({}), here.quota('32,2'), [1, 2]);
    await here.at(NOON, () => draw('2', { beaconValue: BEACON }));
    await confirmedBatch(here, 1);
    expect((await set(here, '2')).json).toMatchObject({ confirmed: 1, removed: 1, promoted: 0 });
    expect(linesOf(second, 'decree.csv')).toContain('R1,removed,already_participant,');
    expect((await confirm(here, 'budi', '2')).json).toMatchObject({ participants: 1 });
  });

  it('two decrees with one person: the second is not confirmed, says so, and is set again without them', async () => {
    const here = await hall(1);
    for (const batch of [1, 2]) {
      await closedBatch(here, batch, here.policy({}), here.quota('32,1'), [1, 1]);
      await here.at(NOON, () => draw(String(batch), { beaconValue: BEACON }));
      await set(here, String(batch));
    }
    await confirm(here, 'budi', '1');
    await expect(confirm(here, 'budi', '2')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('take part already'),
    });
    const { rows } = await here.database.pool.query('select batch from participants');
    expect(rows).toEqual([{ batch: 1 }]);
    expect((await set(here, '2')).json).toMatchObject({ confirmed: 0, removed: 1 });
    expect((await confirm(here, 'budi', '2')).json).toMatchObject({ participants: 0 });
  });
});
