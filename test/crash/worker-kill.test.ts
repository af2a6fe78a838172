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
const SOME_VERDICTS = 2000;

const commands: Command[] = [];
afterAll(async () => {
  for (const { process: child } of commands) child.kill('SIGKILL');
  await Promise.all(commands.map(({ ended }) => ended));
});

interface Held {
  readonly chunk_id: string;
  readonly token: string;
}

/** Stops a worker dead while it holds chunks and some verdicts of the registry, but not all, are there. */
async function killAtWork(database: Database, { process: child, ended }: Command): Promise<Held[]> {
  const worker = `${hostname()}:${child.pid}`;
  for (;;) {
    await until(
      database,
      `select (select count(*) from verdicts_dukcapil) > ${SOME_VERDICTS}
        and exists (select from chunks where state = 'running' and stage = 'dukcapil' and worker = '${worker}')`,
    );
    // Frozen first, so that what it holds now is what it holds when it dies.
    child.kill('SIGSTOP');
    const { rows } = await database.pool.query(`select from chunks where state = 'running' and worker = $1`, [worker]);
    if (rows.length > 0) break;
    child.kill('SIGCONT');
  }
  child.kill('SIGKILL');
  await ended;
  // A minute goes by: its leases run out.
  const { rows } = await database.pool.query<Held>(
    `update chunks set lease_until = clock_timestamp() where state = 'running' and worker = $1 returning chunk_id, token`,
    [worker],
  );
  return rows;
}

describe.each(backends)('two workers on %s, one of them killed', async (backend) => {
  const database = await testDatabase();
  const office = await testOffice(database, backend);
  const dir = temporaryDir();

  it('the other one takes over what it held and decides everybody as if nothing had happened', async () => {
    await importNation(database, nation.out);
    const environment = officeEnvironment(database, backend, dir);
    const [doomed, survivor] = [startCommand(['worker'], environment), startCommand(['worker'], environment)];
    commands.push(doomed, survivor);
    await decideAll(office, undefined, {});
    const held = await killAtWork(database, doomed);
    expect(held.length).toBeGreaterThan(0);
    await until(database, `select not exists (select from chunks where state in ('ready', 'running'))`);
    expect(await violationsOfConservation(database)).toEqual([]);
    expect(decisions(await exportedVerdicts(database, dir))).toEqual(truthOf(nation.out));
    for (const { chunk_id, token } of held) {
      const { rows } = await database.pool.query('select state, token > $2 as fenced from chunks where chunk_id = $1', [chunk_id, token]);
      expect(rows).toEqual([{ state: 'done', fenced: true }]);
    }
    survivor.process.kill('SIGTERM');
    expect(await survivor.ended).toEqual({ code: 0, stderr: '' });
  });
});
