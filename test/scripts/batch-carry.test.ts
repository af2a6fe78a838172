import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cancel, open } from '../../scripts/batch.ts';
import { close } from '../../scripts/batch-close.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { explain } from '../../scripts/explain.ts';
import { BEACON, closedBatch, confirmedBatch, type Hall, hall, linesOf, NOON, nik } from '../helpers/batch.ts';

const LATER = '2020-09-20T12:00:00+07:00';
const poolOf = (here: Hall, batch: string) =>
  linesOf(join(here.dir, 'draws', batch), 'pool.csv').map((line) => line.split(',')[0]);

/** Stands at a stage with a reason, and has no later verdict. */
async function stands(
  here: Hall,
  id: string,
  stage: 'email' | 'dukcapil',
  outcome: string,
  reason: string,
): Promise<void> {
  const reg = `(select reg from registrations where registration_id = '${id}')`;
  await here.database.pool.query(`delete from verdicts_layer3 where reg = ${reg}`);
  if (stage === 'email') await here.database.pool.query(`delete from verdicts_dukcapil where reg = ${reg}`);
  await here.database.pool.query(
    `update verdicts_${stage} set outcome = '${outcome}', reason = '${reason}' where reg = ${reg}`,
  );
}

/** The registry has answered after all. */
async function passes(here: Hall, id: string): Promise<void> {
  await here.database.pool.query(`
    update verdicts_dukcapil set outcome = 'passed', reason = '' where reg = (select reg from registrations where registration_id = '${id}')`);
}

/** Seven who joined batch 1: R1 and R2 pass, R3 to R5 wait on us, R6 and R7 on themselves. */
async function sevenJoined(): Promise<Hall> {
  const here = await hall(7);
  await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,1') }));
  await here.join(1, 1, 7);
  await stands(here, 'R3', 'dukcapil', 'waiting', 'registry_timeout');
  await stands(here, 'R4', 'dukcapil', 'waiting', 'registry_quota');
  await here.database.pool.query(`
    delete from verdicts_layer3 where reg = (select reg from registrations where registration_id = 'R5');
    delete from verdicts_dukcapil where reg = (select reg from registrations where registration_id = 'R5')`);
  await stands(here, 'R6', 'email', 'waiting', 'email_mailbox_full');
  await stands(here, 'R7', 'dukcapil', 'rejected', 'kk_mismatch');
  return here;
}

describe('whoever waits on us when a batch closes', () => {
  it('is named by reason, and is in the next batch without joining again', async () => {
    const here = await sevenJoined();
    const closed = await here.at(NOON, () => close('1', {}));
    const carried = { registry_quota: 1, registry_timeout: 1, undecided: 1 };
    expect(closed.json).toMatchObject({
      eligible: 2,
      waiting: { 'dukcapil.registry_quota': 1, 'dukcapil.registry_timeout': 1, 'email.email_mailbox_full': 1 },
      carried,
    });
    const opened = await here.at(LATER, () => open('2', { policy: here.policy({}), quota: here.quota('32,1') }));
    expect(opened.lines[0]).toContain('3 people who waited on us are in it without joining again.');
    await passes(here, 'R3');
    // R4 still waits: it goes on to the batch after.
    expect((await here.at(LATER, () => close('2', {}))).json).toMatchObject({
      joined: 3,
      eligible: 1,
      carried: { registry_quota: 1, undecided: 1 },
    });
    expect(poolOf(here, '2')).toEqual(['R3']);
    await here.at(LATER, () => open('3', { policy: here.policy({}), quota: here.quota('32,1') }));
    await passes(here, 'R4');
    await here.at(LATER, () => close('3', {}));
    expect(poolOf(here, '3')).toEqual(['R4']);
    expect((await here.at(LATER, () => explain('R4'))).lines.join('\n')).toContain(
      'batch 2 (closed): not in the pool, carried over from batch 1',
    );
  });

  it('is in the next batch at once where that is open already, and may join it too', async () => {
    const here = await sevenJoined();
    await here.at(NOON, () => open('2', { policy: here.policy({}), quota: here.quota('32,1') }));
    await here.at(NOON, () => close('1', {}));
    await passes(here, 'R3');
    await passes(here, 'R4');
    expect(await here.load('joins', 'batch,registration_id,joined_at', `2,R3,${NOON}`)).toMatchObject({ imported: 1 });
    await here.at(LATER, () => close('2', {}));
    expect(poolOf(here, '2')).toEqual(['R3', 'R4']);
  });

  it('is carried past a batch that was cancelled', async () => {
    const here = await sevenJoined();
    await here.at(NOON, () => close('1', {}));
    await here.at(NOON, () => open('2', { policy: here.policy({}), quota: here.quota('32,1') }));
    await here.at(NOON, () => cancel('2'));
    await passes(here, 'R3');
    await here.at(NOON, () => open('3', { policy: here.policy({}), quota: here.quota('32,1') }));
    await here.at(LATER, () => close('3', {}));
    expect(poolOf(here, '3')).toEqual(['R3']);
  });
});

describe('whoever was not selected', () => {
  it('joins the next batch without a new check, unless a list of that day says otherwise', async () => {
    const here = await hall(4);
    await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 4]);
    await confirmedBatch(here, 1);
    const history = 'select count(*)::int as n from verdict_history';
    const before = await here.database.pool.query(history);
    await here.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(4)},2020-09-16,,BKN`);
    await here.at(LATER, () => open('2', { policy: here.policy({}), quota: here.quota('32,1') }));
    await here.join(2, 1, 4, LATER);
    await here.at(LATER, () => close('2', {}));
    const selected = linesOf(join(here.dir, 'draws', '1'), 'result.csv')[0]?.split(',')[1] as string;
    expect(poolOf(here, '2')).toEqual(['R1', 'R2', 'R3'].filter((id) => id !== selected));
    expect((await here.database.pool.query(history)).rows).toEqual(before.rows);
    const { rows: work } = await here.database.pool.query(
      `select stage from chunks where stage in ('dedupe', 'email', 'dukcapil') and state <> 'cancelled'`,
    );
    expect(work).toEqual([]);
    await here.at(LATER, () => draw('2', { beaconValue: BEACON }));
  });

  it('has points for the batches waited in, and none for one that never was', async () => {
    const here = await hall(3);
    const policy = here.policy({ order: 'score_then_lottery' });
    await closedBatch(here, 1, policy, here.quota('32,1'), [1, 1]);
    await here.load('joins', 'batch,registration_id,joined_at', `2,R2,${NOON}`);
    const dir = await closedBatch(here, 3, policy, here.quota('32,1'), [1, 3]);
    const scores = linesOf(dir, 'pool.csv').map((line) => Number(line.split(',')[3]));
    const [one = 0, two = 0, three = 0] = scores;
    expect([one - three, two - three]).toEqual([5, 0]);
  });
});
