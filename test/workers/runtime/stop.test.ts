import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Database } from '../../../db/connection.ts';
import { worker } from '../../../scripts/worker.ts';
import type { Backend } from '../../../workers/runtime/queues.ts';
import { startWorker } from '../../../workers/runtime/worker.ts';
import { type Command, startCommand } from '../../helpers/commands.ts';
import { testDatabase } from '../../helpers/database.ts';
import { holdDedupe } from '../../helpers/hold.ts';
import { decisions, exportedVerdicts, importNation, truthOf, violationsOfConservation } from '../../helpers/nation.ts';
import { officeEnvironment, temporaryDir, testOffice } from '../../helpers/office.ts';
import { backends } from '../../helpers/queues.ts';
import { until } from '../../helpers/signal.ts';
import { sharedNation } from '../../sim/nation/nation.ts';

const nation = await sharedNation(600, 5);

const commands: Command[] = [];
afterAll(async () => {
  for (const { process: child } of commands) child.kill('SIGKILL');
  await Promise.all(commands.map(({ ended }) => ended));
});

const STOPPED = 'worker stops';
const DEDUPE_RUNS = `select exists (select from chunks where state = 'running' and stage = 'dedupe')`;
const ALL_DONE = `select not exists (select from chunks where state in ('ready', 'running'))`;

async function chunks(database: Database) {
  const { rows } = await database.pool.query('select stage, state, attempt, error from chunks order by chunk_id');
  return rows;
}

const dir = temporaryDir();

function start(database: Database, backend: Backend, ...words: string[]): Command {
  const environment = { ...officeEnvironment(database, backend, dir), LOG_LEVEL: 'info' };
  const command = startCommand(['worker', ...words], environment);
  commands.push(command);
  return command;
}

describe.each(backends)('a worker on %s', (backend) => {
  it('SIGTERM in the middle of a save: the chunk ends, nothing is left running', async () => {
    const database = await testDatabase(3, onTestFinished);
    const lock = await holdDedupe(database);
    await importNation(database, nation.out);
    const command = start(database, backend);
    await until(database, DEDUPE_RUNS);
    command.process.kill('SIGTERM');
    await command.said(STOPPED);
    await lock.release();
    expect(await command.ended).toMatchObject({ code: 0 });
    expect(await chunks(database)).toMatchObject([
      { stage: 'dedupe', state: 'done' },
      { stage: 'email', state: 'ready' },
    ]);
  });
});

it('SIGTERM while dedupe is blocked: it is handed back within the limit, and the try does not count', async () => {
  const database = await testDatabase(3, onTestFinished);
  const lock = await holdDedupe(database);
  await importNation(database, nation.out);
  const command = start(database, 'postgres', '--stages', 'dedupe', '--stop-within', '1');
  await until(database, DEDUPE_RUNS);
  const asked = performance.now();
  command.process.kill('SIGTERM');
  const { code, stderr } = await command.ended;
  expect(performance.now() - asked).toBeLessThan(5000);
  expect({ code, cut: stderr.split('cut off and handed back').length - 1 }).toEqual({ code: 0, cut: 1 });
  expect(await chunks(database)).toEqual([{ stage: 'dedupe', state: 'ready', attempt: 0, error: null }]);
  await lock.release();
});

it('SIGINT twice: it is gone at once, and another worker does everything', async () => {
  const database = await testDatabase(3, onTestFinished);
  const lock = await holdDedupe(database);
  await importNation(database, nation.out);
  const first = start(database, 'redis');
  await until(database, DEDUPE_RUNS);
  first.process.kill('SIGINT');
  await first.said(STOPPED);
  first.process.kill('SIGINT');
  expect((await first.ended).code).toBe(130);
  expect(await chunks(database)).toMatchObject([{ stage: 'dedupe', state: 'running' }]);
  await lock.release();
  // Its lease and its session end without it: a minute goes by.
  await database.pool.query(`update chunks set lease_until = clock_timestamp() where state = 'running'`);
  const second = start(database, 'redis');
  await until(database, `${ALL_DONE} and exists (select from chunks where stage = 'layer3')`);
  expect(await violationsOfConservation(database)).toEqual([]);
  expect(decisions(await exportedVerdicts(database, dir))).toEqual(truthOf(nation.out));
  second.process.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
});

it('a stop before the start: exit 0, and nobody was asked for anything', async () => {
  vi.stubEnv('DATABASE_URL', 'whoever reads this fails');
  onTestFinished(() => void vi.unstubAllEnvs());
  const report = await worker({}, AbortSignal.abort());
  expect(report).toMatchObject({ exitCode: 0, json: { stopped: true } });
});

describe.each(backends)('stopping twice on %s', async (backend) => {
  it('is safe, at once and later', async () => {
    const database = await testDatabase(5, onTestFinished);
    const office = await testOffice(database, backend, {}, onTestFinished);
    const running = await startWorker(office, { stages: ['email', 'payout'] });
    await Promise.all([running.close(), running.close()]);
    await running.close();
    await office.close();
    await office.close();
  });
});

it.each(['0', '1.5', 'soon', '3601'])('--stop-within %s is refused', async (stopWithin) => {
  await expect(worker({ stopWithin }, AbortSignal.abort())).rejects.toMatchObject({ exitCode: 2 });
});

it('a worker that could only pay, and has no bank, is refused', async () => {
  const database = await testDatabase(5, onTestFinished);
  vi.stubEnv('DATABASE_URL', database.url);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(worker({ stages: 'payout' }, new AbortController().signal)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('BANK_URL'),
  });
});
