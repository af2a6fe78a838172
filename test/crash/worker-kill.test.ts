import { hostname } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import type { Database } from '../../db/connection.ts';
import { decideAll } from '../../scripts/run.ts';
import { type Command, startCommand } from '../helpers/commands.ts';
import { testDatabase } from '../helpers/database.ts';
import { decisions, exportedVerdicts, importNation, truthOf, violationsOfConservation } from '../helpers/nation.ts';
import { officeEnvironment, temporaryDir, testOffice } from '../helpers/office.ts';
import { backends } from '../helpers/queues.ts';
import { until } from '../helpers/signal.ts';
import { sharedNation } from '../sim/nation/nation.ts';

const nation = await sharedNation(20_000, 11);
const HOLDING = `from chunks where state = 'running' and stage = 'dukcapil'`;

const commands: Command[] = [];
afterAll(async () => {
  for (const { process: child } of commands) child.kill('SIGKILL');
  await Promise.all(commands.map(({ ended }) => ended));
});

interface Held {
  readonly chunk_id: string;
  readonly token: string;
}

/** The one of the workers that holds most of the registry's chunks, when some of its verdicts are there, but not all. */
async function busiest(database: Database, workers: readonly Command[]): Promise<Command> {
  const died = Promise.race(workers.map(({ ended }) => ended)).then(({ stderr }) => {
    throw new Error(`a worker has ended: ${stderr}`);
  });
  const atWork = `select exists (select from verdicts_dukcapil) and exists (select ${HOLDING})`;
  await Promise.race([until(database, atWork), died]);
  const { rows } = await database.pool.query<{ pid: number }>(
    `select split_part(worker, ':', 2)::int as pid, count(*) ${HOLDING} group by 1 order by 2 desc limit 1`,
  );
  return workers.find(({ process: { pid } }) => pid === rows[0]?.pid) ?? busiest(database, workers);
}

/** Stops a worker dead while it holds chunks, and lets its leases run out: a minute goes by. */
async function killAtWork(
  database: Database,
  workers: readonly Command[],
): Promise<{ survivor: Command; held: Held[] }> {
  for (;;) {
    const doomed = await busiest(database, workers);
    const worker = `${hostname()}:${doomed.process.pid}`;
    // Frozen first, so that what it holds now is what it holds when it dies.
    doomed.process.kill('SIGSTOP');
    const { rows } = await database.pool.query(`select ${HOLDING} and worker = $1`, [worker]);
    if (rows.length === 0) {
      doomed.process.kill('SIGCONT');
      continue;
    }
    doomed.process.kill('SIGKILL');
    await doomed.ended;
    const { rows: held } = await database.pool.query<Held>(
      `update chunks set lease_until = clock_timestamp() where state = 'running' and worker = $1 returning chunk_id, token`,
      [worker],
    );
    return { survivor: workers.find((other) => other !== doomed) ?? doomed, held };
  }
}

describe.each(backends)('two workers on %s, one of them killed', async (backend) => {
  const database = await testDatabase();
  const office = await testOffice(database, backend);
  const dir = temporaryDir();

  it('the other one takes over what it held and decides everybody as if nothing had happened', async () => {
    await importNation(database, nation.out);
    const environment = officeEnvironment(database, backend, dir);
    const workers = [startCommand(['worker'], environment), startCommand(['worker'], environment)];
    commands.push(...workers);
    await decideAll(office, undefined, {});
    const { survivor, held } = await killAtWork(database, workers);
    expect(held.length).toBeGreaterThan(0);
    await until(database, `select not exists (select from chunks where state in ('ready', 'running'))`);
    expect(await violationsOfConservation(database)).toEqual([]);
    expect(decisions(await exportedVerdicts(database, dir))).toEqual(truthOf(nation.out));
    for (const { chunk_id, token } of held) {
      const { rows } = await database.pool.query('select state, token > $2 as fenced from chunks where chunk_id = $1', [
        chunk_id,
        token,
      ]);
      expect(rows).toEqual([{ state: 'done', fenced: true }]);
    }
    survivor.process.kill('SIGTERM');
    expect(await survivor.ended).toEqual({ code: 0, stderr: '' });
  }, 120_000);
});
