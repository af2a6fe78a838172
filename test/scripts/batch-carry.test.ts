import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBatch, openBatch } from '../../db/batch.ts';
import { cancel, open } from '../../scripts/batch.ts';
import { close } from '../../scripts/batch-close.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { explain } from '../../scripts/explain.ts';
import { freezePool } from '../../workers/assignment/store.ts';
import { decideLayer3, scoreAtClosing } from '../../workers/layer3/rules.ts';
import { BEACON, closedBatch, confirmedBatch, type Hall, hall, linesOf, NOON, nik } from '../helpers/batch.ts';
import { meanwhile } from '../helpers/save.ts';

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

describe('nobody who waits on us is lost', () => {
  const reg = (id: string) => `(select reg from registrations where registration_id = '${id}')`;
  const opened = (here: Hall, batch: string, closes?: string) =>
    here.at(NOON, () => open(batch, { policy: here.policy({}), quota: here.quota('32,1'), ...(closes && { closes }) }));
  const closed = (here: Hall, batch: string) => here.at(LATER, () => close(batch, {}));
  /** Where everybody who was carried came from, and is. */
  const carried = async (here: Hall) =>
    (
      await here.database.pool.query(`
        select registration_id as id, c.batch, reason, into_batch from carried_over c join registrations using (reg) order by 1, 2`)
    ).rows;

  /** No stage has seen it yet. */
  async function unseen(here: Hall, id: string): Promise<void> {
    for (const stage of ['layer3', 'dukcapil', 'email', 'dedupe'])
      await here.database.pool.query(`delete from verdicts_${stage} where reg = ${reg(id)}`);
    await here.database.pool.query(`delete from people where standing = ${reg(id)}`);
  }

  it('not by a registration that no stage has seen yet', async () => {
    const here = await hall(3);
    await opened(here, '1');
    await here.join(1, 1, 3);
    await unseen(here, 'R3');
    expect((await closed(here, '1')).json).toMatchObject({ eligible: 2, carried: { undecided: 1 } });
    expect(await carried(here)).toEqual([{ id: 'R3', batch: 1, reason: 'undecided', into_batch: null }]);
  });

  it('not by a second registration that dedupe has still to put in the place of a rejected one', async () => {
    const here = await hall(2, (n) => (n === 2 ? { nik: nik(1) } : {}));
    await unseen(here, 'R2');
    await stands(here, 'R1', 'dukcapil', 'rejected', 'kk_mismatch');
    await opened(here, '1');
    await here.join(1, 1, 2);
    await closed(here, '1');
    expect(await carried(here)).toEqual([{ id: 'R2', batch: 1, reason: 'undecided', into_batch: null }]);
  });

  it('not by a correction that has still to be looked at', async () => {
    const here = await hall(2);
    await stands(here, 'R1', 'dukcapil', 'rejected', 'kk_mismatch');
    await stands(here, 'R2', 'dukcapil', 'rejected', 'kk_mismatch');
    await opened(here, '1');
    await here.join(1, 1, 2);
    await here.load('corrections', 'registration_id,field,value,at', `R1,kk_number,3273010101010009,${NOON}`);
    await closed(here, '1');
    expect(await carried(here)).toEqual([{ id: 'R1', batch: 1, reason: 'undecided', into_batch: null }]);
  });

  it('once as a person, who joined with three registrations, and not who takes part', async () => {
    const here = await hall(5, (n) => (n === 2 || n === 5 ? { nik: nik(1) } : {}));
    await here.database.pool.query(
      `update verdicts_dedupe set outcome = 'rejected', reason = 'duplicate_nik' where reg = ${reg('R2')}`,
    );
    await here.database.pool.query(`update people set standing = ${reg('R1')} where registrations = 3`);
    for (const id of ['R1', 'R4']) await stands(here, id, 'dukcapil', 'waiting', 'registry_timeout');
    await opened(here, '1');
    await unseen(here, 'R5');
    await here.join(1, 1, 5);
    await here.database.pool.query(`
      insert into participants (nik, reg, batch, decree, state, confirmed_at, announced_on, entitlement_idr)
      select nik, reg, 1, 'SK', 'participant', now(), '2020-09-01', 3550000 from registrations where registration_id = 'R4'`);
    const { json, lines } = await closed(here, '1');
    expect(json).toMatchObject({ waiting: { 'dukcapil.registry_timeout': 2 }, carried: { registry_timeout: 1 } });
    expect(lines).toEqual(
      expect.arrayContaining(['  1 people wait on us (registry_timeout) and join the next batch by themselves']),
    );
    expect(await carried(here)).toEqual([{ id: 'R1', batch: 1, reason: 'registry_timeout', into_batch: null }]);
  });

  it('not by the time to close of the batch they are carried into, which may have passed', async () => {
    const here = await sevenJoined();
    await opened(here, '2', '2020-09-15T13:00:00+07:00');
    // R4 was too late to join the next batch, and is carried into it all the same.
    await here.load('joins', 'batch,registration_id,joined_at', '2,R4,2020-09-16T12:00:00+07:00');
    await closed(here, '1');
    await passes(here, 'R3');
    await passes(here, 'R4');
    expect((await closed(here, '2')).json).toMatchObject({ eligible: 2, joined: 3, carried: { undecided: 1 } });
    expect(poolOf(here, '2')).toEqual(['R3', 'R4']);
    const { rows } = await here.database.pool.query('select joined_at from joins where batch = 2 and carried_from = 1');
    expect(rows).toHaveLength(3);
    expect(Math.max(...rows.map(({ joined_at }) => joined_at.getTime()))).toBe(Date.parse(LATER));
  });

  it('at once when the batch they were carried into is cancelled and the one after is open', async () => {
    const here = await sevenJoined();
    await opened(here, '2');
    await opened(here, '3');
    await closed(here, '1');
    await here.at(LATER, () => cancel('2'));
    expect((await carried(here)).map(({ into_batch }) => into_batch)).toEqual([3, 3, 3]);
    await passes(here, 'R3');
    await closed(here, '3');
    expect(poolOf(here, '3')).toEqual(['R3']);
  });

  it('between a batch that closes and the next that opens just then', async () => {
    const here = await sevenJoined();
    const closing = await meanwhile(
      here.database,
      async (tx) => {
        const { policy_id: policyId } = await findBatch(tx, 1);
        const times = { opens: null, closes: null, now: new Date(NOON) };
        await openBatch(tx, { batch: 2, policyId, quota: new Map([['32', 1]]), ...times });
      },
      () => closed(here, '1'),
    );
    expect(closing).toMatchObject({ json: { carried: { registry_timeout: 1 } } });
    expect((await carried(here)).map(({ into_batch }) => into_batch)).toEqual([2, 2, 2]);
  });

  it('between a batch that is cancelled and the next whose pool is frozen just then', async () => {
    const here = await sevenJoined();
    await opened(here, '2');
    await opened(here, '3');
    await closed(here, '1');
    const rules = { decide: decideLayer3, score: scoreAtClosing, kkTokenKey: async () => '' };
    await meanwhile(
      here.database,
      (tx) => freezePool(tx, 3, new Date(LATER), rules),
      () => here.at(LATER, () => cancel('2')),
    );
    // The pool of batch 3 was decided without them: they are there for the one after.
    expect((await carried(here)).map(({ into_batch }) => into_batch)).toEqual([null, null, null]);
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
