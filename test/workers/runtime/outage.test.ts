import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../../db/connection.ts';
import { isAway } from '../../../db/reach.ts';
import { noCounts } from '../../../jobs/chunk.ts';
import { type AnyStage, execute } from '../../../workers/runtime/executor.ts';
import { createLog } from '../../../workers/runtime/log.ts';
import { addChunk, chunkRow } from '../../helpers/chunks.ts';
import { type Command, startCommand } from '../../helpers/commands.ts';
import { testDatabase } from '../../helpers/database.ts';
import { holdDedupe } from '../../helpers/hold.ts';
import { decisions, exportedVerdicts, importNation, truthOf, violationsOfConservation } from '../../helpers/nation.ts';
import { officeEnvironment, temporaryDir } from '../../helpers/office.ts';
import { ownPostgres, ownRedis } from '../../helpers/own-servers.ts';
import { backends, redisUrl } from '../../helpers/queues.ts';
import { until } from '../../helpers/signal.ts';
import { sharedNation } from '../../sim/nation/nation.ts';

const nation = await sharedNation(600, 5);
const dir = temporaryDir();

const commands: Command[] = [];
afterAll(async () => {
  for (const { process: child } of commands) child.kill('SIGKILL');
  await Promise.all(commands.map(({ ended }) => ended));
});

function startWorker(database: { readonly url: string }, redis: string): Command {
  const environment = officeEnvironment(database as Database, 'postgres', dir);
  const command = startCommand(['worker'], { ...environment, REDIS_URL: redis, LOG_LEVEL: 'info' });
  commands.push(command);
  return command;
}

/** Work for dedupe. The other files look at people, whom a first wave locks until it ends: they come later. */
const FIRST = {
  instead: { 'email-events': null, otp: null, joins: null, training: null, accounts: null, corrections: null },
};

const AWAY = 'cannot be reached: waiting for it';
const BACK = 'is reached again';
const DEDUPE_RUNS = `select exists (select from chunks where state = 'running' and stage = 'dedupe')`;
const EVERYTHING_DONE = `select not exists (select from chunks where state <> 'done')
  and exists (select from chunks where stage = 'layer3')`;

async function rightlyDecided(database: Database): Promise<void> {
  expect(await violationsOfConservation(database)).toEqual([]);
  expect(decisions(await exportedVerdicts(database, dir))).toEqual(truthOf(nation.out));
}

/** Ends a worker; returns the sentences of its log at `warn` and above, and those about servers, in order. */
async function sayings(command: Command): Promise<string[]> {
  command.process.kill('SIGTERM');
  const { code, stderr } = await command.ended;
  expect(code).toBe(0);
  const lines = stderr.trim().split('\n');
  const logged = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return logged.filter(({ level, msg }) => level >= 40 || msg.includes(BACK)).map(({ msg }) => msg);
}

const twice = (name: string) => [`${name} ${AWAY}`, `${name} ${BACK}`, `${name} ${AWAY}`, `${name} ${BACK}`];

describe.each(backends)('PostgreSQL away, queues on %s', (backend) => {
  it('at the start, and again in the middle of work: said once each time, and everything is done', async () => {
    const server = await ownPostgres(temporaryDir(onTestFinished), onTestFinished);
    const command = startWorker(server, backend === 'redis' ? redisUrl() : '');
    await command.said(AWAY);
    await server.start();
    await command.said('worker takes chunks');
    const database = openDatabase(server.url, 3);
    onTestFinished(() => database.close());
    // The lock goes with the server; the wave that waits for it is broken.
    await holdDedupe(database);
    await importNation(database, nation.out, FIRST);
    await until(database, DEDUPE_RUNS);
    await server.stop();
    await command.said(AWAY, 2);
    await server.start();
    await importNation(database, nation.out);
    await until(database, EVERYTHING_DONE);
    await rightlyDecided(database);
    expect(await sayings(command)).toEqual(twice(`PostgreSQL at ${new URL(server.url).host}`));
  });
});

it('SIGTERM while PostgreSQL is away at the start: exit 0 at once', async () => {
  const command = startWorker({ url: 'postgres://nobody@127.0.0.1:9/none' }, '');
  await command.said(AWAY);
  expect(await sayings(command)).toEqual([`PostgreSQL at 127.0.0.1:9 ${AWAY}`]);
});

it('Redis away at the start, and again, empty, in the middle of work: said once each time, and everything is done', async () => {
  const redis = await ownRedis(temporaryDir(onTestFinished), onTestFinished);
  const database = await testDatabase(3, onTestFinished);
  const command = startWorker(database, redis.url);
  await command.said(AWAY);
  await redis.start();
  await command.said(BACK);
  const lock = await holdDedupe(database);
  await importNation(database, nation.out, FIRST);
  await until(database, DEDUPE_RUNS);
  await redis.stop();
  await command.said(AWAY, 2);
  await lock.release();
  await redis.start();
  await importNation(database, nation.out);
  await until(database, EVERYTHING_DONE);
  await rightlyDecided(database);
  expect(await sayings(command)).toEqual(twice(`Redis at ${new URL(redis.url).host}`));
});

it('SIGTERM while Redis is away: exit 0', async () => {
  const database = await testDatabase(3, onTestFinished);
  const command = startWorker(database, 'redis://127.0.0.1:9');
  await command.said('worker takes chunks');
  await command.said(AWAY);
  expect(await sayings(command)).toEqual([`Redis at 127.0.0.1:9 ${AWAY}`]);
});

it('SIGTERM when Redis is just back, and some connections are not yet: exit 0', async () => {
  const redis = await ownRedis(temporaryDir(onTestFinished), onTestFinished);
  const database = await testDatabase(3, onTestFinished);
  await redis.start();
  const command = startWorker(database, redis.url);
  await command.said('worker takes chunks');
  for (let times = 1; times <= 3; times++) {
    await redis.stop();
    await command.said(AWAY, times);
    await redis.start();
    await command.said(BACK, times);
  }
  const name = `Redis at ${new URL(redis.url).host}`;
  expect(await sayings(command)).toEqual([...twice(name), `${name} ${AWAY}`, `${name} ${BACK}`]);
});

describe('a chunk whose database goes away', async () => {
  const database = await testDatabase();
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  const stage: AnyStage = {
    kind: 'chunk',
    name: 'email',
    load: () => Promise.reject(refused),
    decide: () => undefined,
    save: async () => noCounts(),
    park: async () => noCounts(),
  };

  it('is handed back when it is there again, and the try does not count', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    const stopping = new AbortController().signal;
    const outlived = async (error: unknown) => isAway(error);
    const options = { db: database.db, log: createLog('silent'), now: () => new Date(), stopping, outlived };
    expect(await execute(options, stage, id)).toBe('handed back');
    expect(await chunkRow(database, id)).toMatchObject({ state: 'ready', attempt: 0, error: null });
  });
});

it.each<[string, boolean, Error]>([
  ['nobody listens', true, Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['an administrator ends the session', true, Object.assign(new Error('terminating'), { code: '57P01' })],
  ['the server starts', true, Object.assign(new Error('starting up'), { code: '57P03' })],
  ['the connection breaks', true, new Error('Connection terminated unexpectedly')],
  ['what broke is the cause', true, new Error('wrapped', { cause: new Error('Connection terminated') })],
  ['a wrong password', false, Object.assign(new Error('password'), { code: '28P01' })],
  ['a cancelled statement', false, Object.assign(new Error('canceling'), { code: '57014' })],
  ['a duplicate', false, Object.assign(new Error('duplicate key'), { code: '23505' })],
])('%s: away is %s', (_what, away, error) => expect(isAway(error)).toBe(away));

describe('an error of a connection that nobody listens to any more', () => {
  const shutdown = new URL('../../../workers/runtime/shutdown.ts', import.meta.url).href;
  const program = (message: string) => `
    import { EventEmitter } from 'node:events';
    import { outliveLostConnections } from '${shutdown}';
    outliveLostConnections(() => console.log('lost'));
    setImmediate(() => new EventEmitter().emit('error', new Error('${message}')));
    setImmediate(() => console.log('goes on'));`;
  const play = (message: string) =>
    spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program(message)], {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    });

  it('says that its server is away: the process goes on', () => {
    expect(play('Connection terminated unexpectedly')).toMatchObject({ status: 0, stdout: 'lost\ngoes on\n' });
  });

  it('says anything else: the process ends', () => {
    const { status, stdout, stderr } = play('a mistake');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('Error: a mistake');
  });
});

it('a session that is ended between two statements breaks its transaction, not the process', async () => {
  const database = await testDatabase(2, onTestFinished);
  const broken = database.db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await database.pool.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
    // Another turn of the loop, in which the connection says that it is gone while no statement listens.
    await database.pool.query('select 1');
    await sql`select 1`.execute(tx);
  });
  await expect(broken).rejects.toSatisfy(isAway);
});
