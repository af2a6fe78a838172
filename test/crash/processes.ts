import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Database, openDatabase } from '../../db/connection.ts';
import { isAway } from '../../db/reach.ts';
import { exit, PrakerjaError } from '../../jobs/errors.ts';
import { stageNames } from '../../jobs/stages.ts';
import type { Boundary } from '../../workers/runtime/boundaries.ts';
import { type Office, openOffice } from '../../workers/runtime/office.ts';
import { startWorker } from '../../workers/runtime/worker.ts';
import { Crew, type Hand } from './crew.ts';
import type { Ran } from './in-process.ts';
import { faultName, type ProcessFault, type ProcessPlan } from './process-plan.ts';
import { type Environment, exportOntoFullDisk, type Program, runProgram, startCounterparts } from './programs.ts';
import type { Servers } from './servers.ts';
import { comeToAnEnd } from './settle.ts';
import { LEASE_SECONDS } from './small.ts';
import { copyDatabase, dropDatabase, PLAYED_AT, shareKey, take, type World } from './world.ts';

const POLL_MS = 40;
const ENDS_WITHIN_MS = 90_000;
const SERVER_IS_BACK_WITHIN_MS = 30_000;
/** A worker stands still until others have its chunks; a save whose transaction is open keeps its chunk, so not for ever. */
const STANDS_STILL_MS = { least: LEASE_SECONDS * 1000, most: LEASE_SECONDS * 1000 + 3000 };

const EXPORTED = ['verdicts', 'history', 'payouts', 'ledger'] as const;

/**
 * Plays one schedule with real processes: `prakerja worker` and `prakerja sim`, BullMQ on the plan's backend, and the
 * shard's servers, with the plan's faults at their boundaries. Then lets everything come to its end without faults and
 * exports the evidence into `dir` with real commands, the first of them onto a full disk.
 */
export async function playProcesses(world: World, servers: Servers, plan: ProcessPlan, dir: string): Promise<Ran> {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'full'), { recursive: true });
  await servers.ready();
  const name = `crash_${process.pid}_${plan.seed}`;
  const url = await copyDatabase(world, name);
  const schedule = new Schedule(world, servers, plan, dir, url);
  try {
    await schedule.open();
    await schedule.untilQuiet();
    await schedule.settle();
    return await schedule.evidence();
  } finally {
    await schedule.close();
    await dropDatabase(world, name);
  }
}

class Schedule {
  private readonly violations: string[] = [];
  private readonly happened: Record<string, number> = {};
  private readonly reachedTimes: Record<string, number> = {};
  private readonly clock = { now: new Date(PLAYED_AT) };
  /** Faults that go on: a worker that stands still, a server that is away. */
  private readonly goingOn = new Set<Promise<void>>();
  /** One crash of a server at a time. */
  private crashes: Promise<void> = Promise.resolve();
  private readonly world: World;
  private readonly servers: Servers;
  private readonly plan: ProcessPlan;
  private readonly dir: string;
  private readonly url: string;
  private readonly looking: Database;
  private sim: Program | undefined;
  private env!: Environment;
  private crew: Crew | undefined;
  private office: Office | undefined;
  private steps = 0;
  private lateImport: Promise<void> | undefined;
  private faultsAreOver = false;

  constructor(world: World, servers: Servers, plan: ProcessPlan, dir: string, url: string) {
    this.world = world;
    this.servers = servers;
    this.plan = plan;
    this.dir = dir;
    this.url = url;
    this.looking = openDatabase(url, 2);
  }

  async open(): Promise<void> {
    const { world, plan, dir, servers } = this;
    await servers.emptyRedis();
    shareKey(world.data, dir);
    const faults = join(dir, 'faults.json');
    writeFileSync(faults, JSON.stringify({ seed: plan.seed, rules: plan.answers }));
    const { program, env } = await startCounterparts(world.data, faults, dir, { CRASH_BANK: plan.bank });
    this.sim = program;
    this.env = {
      ...env,
      DATABASE_URL: this.url,
      ...(plan.backend === 'redis' && { REDIS_URL: servers.redisUrl }),
      PRAKERJA_NOW: PLAYED_AT,
      PRAKERJA_DATA: dir,
      LOG_LEVEL: 'warn',
      DUKCAPIL_RATE_PER_SECOND: '10000',
      CRASH_WAITS: plan.faults.map(({ at }) => at).join(','),
    };
    const cut = plan.faults.some(({ fault }) => fault === 'cable_cut');
    this.crew = new Crew({
      environment: this.env,
      cabled: cut ? ['DATABASE_URL', ...(plan.backend === 'redis' ? ['REDIS_URL'] : [])] : [],
      reached: (hand, at) => this.atBoundary(hand, at as Boundary),
      wrong: (what) => void this.violations.push(what),
    });
    for (let i = 0; i < plan.workers; i++) await this.crew.hire();
  }

  private count(what: string): void {
    this.happened[what] = (this.happened[what] ?? 0) + 1;
  }

  private async atBoundary(hand: Hand, at: Boundary): Promise<void> {
    this.steps++;
    const times = (this.reachedTimes[at] ?? 0) + 1;
    this.reachedTimes[at] = times;
    if (this.faultsAreOver) return;
    if (this.steps > this.plan.lateImportAfter) this.lateImport ??= this.importLate();
    const planned = this.plan.faults.find((fault) => fault.at === at && fault.nth === times);
    if (!planned || hand.killed) return;
    this.count(faultName(this.plan.backend, at, planned.fault));
    await this.strike(hand, planned.fault);
  }

  /** Imports what comes late; a person would start the command again when the database is back. */
  private async importLate(): Promise<void> {
    for (const [kind, path] of this.world.late) {
      await this.insisting(() => take(this.looking, kind, path)).catch((error: unknown) =>
        this.violations.push(`${kind} could not be imported: ${error}`),
      );
    }
  }

  /** Resolves when the worker may go on; what lasts longer goes on beside it. */
  private async strike(hand: Hand, fault: ProcessFault): Promise<void> {
    const { crew, servers, plan } = this;
    switch (fault) {
      case 'kill':
        return crew?.kill(hand);
      case 'term':
        return crew?.askToEnd(hand);
      case 'stop': {
        const thaw = await crew?.freeze(hand);
        return this.lasting(this.untilTakenOver(hand).then(thaw));
      }
      case 'cable_cut':
        for (const cable of hand.cables) cable.cut();
        return this.lasting(this.away().then(() => hand.cables.forEach((cable) => void cable.mend())));
      case 'redis_emptied':
        return servers.emptyRedis();
      case 'redis_killed':
        return this.crash(servers.killRedis, servers.startRedis);
      case 'postgres_restarted':
        return this.crash(() => servers.crashPostgres(plan.crash), servers.startPostgres);
    }
  }

  private lasting(fault: Promise<void>): void {
    const until = fault.catch((error: unknown) => void this.violations.push(`the harness failed: ${error}`));
    this.goingOn.add(until);
    void until.then(() => this.goingOn.delete(until));
  }

  private away(): Promise<void> {
    return pause(this.plan.away_ms);
  }

  private async crash(end: () => Promise<void>, start: () => Promise<void>): Promise<void> {
    const before = this.crashes;
    const gone = before.then(end);
    this.crashes = gone.then(() => this.away()).then(start);
    this.lasting(this.crashes);
    await gone;
  }

  /** Until others have what this worker held, and longer than its leases in any case. */
  private async untilTakenOver({ program: { pid } }: Hand): Promise<void> {
    const began = performance.now();
    const held = async () => {
      const text = `select count(*)::int4 as n from chunks where state = 'running' and worker = $1`;
      return (await this.look<{ n: number }>(text, [`${hostname()}:${pid}`]))?.n ?? 0;
    };
    const first = await held();
    for (;;) {
      const stood_ms = performance.now() - began;
      const left = await held();
      if (stood_ms > STANDS_STILL_MS.most || (stood_ms > STANDS_STILL_MS.least && left === 0)) {
        if (first > left) this.count('stood still until others had its chunks');
        return;
      }
      await pause(POLL_MS);
    }
  }

  /** Does something again and again while the database is away; a command that failed says "import again". */
  private async insisting<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const mayPass = isAway(error) || (error instanceof PrakerjaError && error.exitCode === exit.failed);
        if (!mayPass || performance.now() - began > SERVER_IS_BACK_WITHIN_MS) throw error;
        await pause(POLL_MS);
      }
    }
  }

  private async look<Row extends object>(text: string, values: unknown[] = []): Promise<Row | undefined> {
    return (await this.insisting(() => this.looking.pool.query<Row>(text, values))).rows[0];
  }

  private async openChunks(): Promise<number> {
    const text = `select count(*)::int4 as n from chunks where state in ('ready', 'running')`;
    return (await this.look<{ n: number }>(text))?.n ?? 0;
  }

  /** Until no chunk is open, no fault goes on, and what comes late has come. */
  async untilQuiet(): Promise<void> {
    const began = performance.now();
    for (;;) {
      if (this.goingOn.size === 0 && (await this.openChunks()) === 0) {
        this.lateImport ??= this.importLate();
        await this.lateImport;
        if (this.goingOn.size === 0 && (await this.openChunks()) === 0) return;
      }
      await pause(POLL_MS);
      if (performance.now() - began > ENDS_WITHIN_MS) {
        this.violations.push(`did not come to an end: ${await this.openChunks()} chunks are open`);
        return;
      }
    }
  }

  /** No more faults: the workers end, and a worker of ours, whose clock can be set, does what is due on later days. */
  async settle(): Promise<void> {
    this.faultsAreOver = true;
    await Promise.all(this.goingOn);
    await this.crew?.dismiss();
    const failed = await this.look<{ error: string }>(`select error from chunks where state = 'failed' limit 1`);
    if (failed) this.violations.push(`a chunk has used up its tries: ${failed.error}`);
    const { clock, dir, looking } = this;
    const office = await this.openOffice();
    const worker = await startWorker(office, { stages: stageNames });
    const untilQuiet = () => this.untilQuiet();
    try {
      await comeToAnEnd({ office, looking, clock, dir, bankUrl: this.env.BANK_URL as string, untilQuiet });
    } finally {
      await worker.close();
    }
  }

  private async openOffice(): Promise<Office> {
    const before = process.env;
    process.env = { ...this.env, LOG_LEVEL: 'silent' };
    const opened = openOffice({ unprepared: true });
    process.env = before;
    const office = await opened;
    this.office = { ...office, config: { ...office.config, now: () => this.clock.now } };
    return this.office;
  }

  async evidence(): Promise<Ran> {
    const environment = { ...this.env, PRAKERJA_NOW: this.clock.now.toISOString() };
    const { code, stdout, stderr } = await exportOntoFullDisk('verdicts', join(this.dir, 'full'), environment);
    if (code !== 1 || stdout !== '')
      this.violations.push(`an export onto a full disk ended with ${code} and left "${stdout.trim()}": ${stderr}`);
    const exports = EXPORTED.map(async (name) => {
      const ended = await runProgram(['export', name, '--out', join(this.dir, `${name}.csv`)], environment);
      if (ended.code !== 0) this.violations.push(`export ${name} ended with ${ended.code}: ${ended.stderr}`);
    });
    await Promise.all(exports);
    return { violations: this.violations, happened: this.happened, reached: this.reachedTimes };
  }

  async close(): Promise<void> {
    this.faultsAreOver = true;
    await Promise.all(this.goingOn);
    await this.crew?.end();
    await this.office?.close();
    await this.looking.close();
    this.sim?.process.kill('SIGTERM');
    await this.sim?.ended;
  }
}
