import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Database, openDatabase } from '../../db/connection.ts';
import { exportCsv } from '../../db/export.ts';
import { stageNames } from '../../jobs/stages.ts';
import { wibDate } from '../../jobs/time.ts';
import { type Sim, startSim } from '../../sim/index.ts';
import { type Boundary, onBoundary } from '../../workers/runtime/boundaries.ts';
import { type Office, openOffice } from '../../workers/runtime/office.ts';
import type { Stoppable } from '../../workers/runtime/queues.ts';
import { startWorker } from '../../workers/runtime/worker.ts';
import { type Cable, startCable } from './cable.ts';
import { MemoryQueues } from './memory-queues.ts';
import type { Plan, QueueFault, WorkerFault } from './plan.ts';
import { comeToAnEnd } from './settle.ts';
import { copyDatabase, dropDatabase, PLAYED_AT, shareKey, take, type World } from './world.ts';

/** What a schedule came to: what the harness itself saw go wrong, and which faults really happened. */
export interface Ran {
  readonly violations: readonly string[];
  readonly happened: Readonly<Record<string, number>>;
  /** Boundaries reached, by name. */
  readonly reached: Readonly<Record<string, number>>;
}

const POLL_MS = 8;
const ENDS_WITHIN_MS = 30_000;

const EXPORTED = ['verdicts', 'history', 'payouts', 'ledger'] as const;

/** A worker whose process we pretend to be: its own connections, which its death takes with it. */
interface Virtual {
  readonly office: Office;
  readonly cable: Cable;
  readonly queues: ReturnType<MemoryQueues['connect']>;
  readonly worker: Stoppable;
  dead: boolean;
}

const whoRuns = new AsyncLocalStorage<{ virtual?: Virtual }>();

/**
 * Plays one schedule in this process: real workers, executor, sweeper and stages, each with its own connections to a
 * real PostgreSQL and to counterparts on real sockets, and the plan's faults at their boundaries. Then lets everything
 * come to its end without faults and writes the evidence into `dir`.
 */
export async function play(world: World, plan: Plan, dir: string): Promise<Ran> {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const name = `crash_${process.pid}_${plan.seed}`;
  const url = await copyDatabase(world, name);
  const schedule = new Schedule(world, plan, dir, url);
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
  private readonly virtuals = new Set<Virtual>();
  private readonly stalled: (() => void)[] = [];
  private readonly clock = { now: new Date(PLAYED_AT) };
  private readonly queues: MemoryQueues;
  private readonly world: World;
  private readonly plan: Plan;
  private readonly dir: string;
  private readonly url: string;
  private sim!: Sim;
  private main!: Office;
  /** For looking at what is committed, beside everybody. */
  private looking!: Database;
  private steps = 0;
  private lateImport: Promise<void> | undefined;
  private faultsAreOver = false;

  constructor(world: World, plan: Plan, dir: string, url: string) {
    this.world = world;
    this.plan = plan;
    this.dir = dir;
    this.url = url;
    this.queues = new MemoryQueues(plan.queue, {
      fault: (fault: QueueFault) => this.count(`queue ${fault}`),
      delivery: ({ chunkId }) => this.mustExist(chunkId),
    });
  }

  async open(): Promise<void> {
    const { world, plan, dir } = this;
    shareKey(world.data, dir);
    const faults = join(dir, 'faults.json');
    writeFileSync(faults, JSON.stringify({ seed: plan.seed, rules: plan.answers }));
    this.sim = await startSim({
      data: world.data,
      faults,
      log: dir,
      options: { bank: { personality: plan.bank, opening_balance_idr: 1_000_000_000n } },
    });
    this.looking = openDatabase(this.url, 2);
    this.main = await this.officeAt(this.url);
    onBoundary((boundary) => this.atBoundary(boundary));
    for (let i = 0; i < plan.workers; i++) await this.hire();
  }

  private count(what: string): void {
    this.happened[what] = (this.happened[what] ?? 0) + 1;
  }

  private mustExist(chunkId: string): void {
    const asked = this.looking.pool.query('select from chunks where chunk_id = $1', [chunkId]);
    asked.then(
      ({ rowCount }) => rowCount === 0 && this.violations.push(`job of chunk ${chunkId} ran ahead of its commit`),
      (error: Error) => this.violations.push(`looking failed: ${error.message}`),
    );
  }

  private async officeAt(url: string): Promise<Office> {
    const before = process.env;
    process.env = {
      ...this.sim.env,
      DATABASE_URL: url,
      PRAKERJA_NOW: PLAYED_AT,
      PRAKERJA_DATA: this.dir,
      LOG_LEVEL: 'silent',
      DUKCAPIL_RATE_PER_SECOND: '10000',
    };
    try {
      const opened = openOffice({ unprepared: true });
      process.env = before;
      const office = await opened;
      const queues = this.queues.connect();
      const config = { ...office.config, now: () => this.clock.now };
      return { ...office, config, queues: async () => queues };
    } finally {
      process.env = before;
    }
  }

  private async hire(): Promise<void> {
    const server = new URL(this.url);
    const cable = await startCable({ host: server.hostname, port: Number(server.port) });
    const through = new URL(this.url);
    through.port = String(cable.port);
    const who: { virtual?: Virtual } = {};
    await whoRuns.run(who, async () => {
      const office = await this.officeAt(through.toString());
      const queues = (await office.queues()) as ReturnType<MemoryQueues['connect']>;
      const worker = await startWorker(office, { stages: stageNames, concurrency: 1 });
      who.virtual = { office, cable, queues, worker, dead: false };
      this.virtuals.add(who.virtual);
    });
  }

  private async atBoundary(boundary: Boundary): Promise<void> {
    this.steps++;
    const times = (this.reachedTimes[boundary] ?? 0) + 1;
    this.reachedTimes[boundary] = times;
    const virtual = whoRuns.getStore()?.virtual;
    if (!virtual || virtual.dead || this.faultsAreOver) return;
    if (this.steps > this.plan.lateImportAfter) this.lateImport ??= this.importLate();
    const planned = this.plan.faults.find(({ at, nth }) => at === boundary && nth === times);
    if (planned) await this.strike(virtual, boundary, planned.fault);
  }

  private async importLate(): Promise<void> {
    for (const [kind, path] of this.world.late) await take(this.looking, kind, path);
  }

  private async strike(virtual: Virtual, boundary: Boundary, fault: WorkerFault): Promise<void> {
    this.count(`${boundary} ${fault}`);
    switch (fault) {
      case 'kill':
        this.kill(virtual);
        throw Object.assign(new Error('the process is gone'), { code: 'ECONNRESET' });
      case 'stall':
        return new Promise((go) => this.stalled.push(go));
      case 'error':
        throw Object.assign(new Error('the disk is full'), { code: '53100' });
      case 'stop':
        virtual.dead = true;
        this.virtuals.delete(virtual);
        void this.retire(virtual);
    }
  }

  /** Nothing that this worker still does reaches anybody. */
  private kill(virtual: Virtual): void {
    virtual.dead = true;
    this.virtuals.delete(virtual);
    virtual.cable.cut();
    virtual.queues.kill();
    void this.retire(virtual);
  }

  private readonly retiring: Promise<void>[] = [];

  private retire({ worker, office, cable }: Virtual): Promise<void> {
    const retired = worker
      .close()
      .then(() => office.close())
      .catch(() => undefined)
      .then(() => cable.close());
    this.retiring.push(retired);
    return retired;
  }

  private async openChunks(): Promise<number> {
    const { rows } = await this.looking.pool.query<{ n: number }>(
      `select count(*)::int4 as n from chunks where state in ('ready', 'running')`,
    );
    return rows[0]?.n ?? 0;
  }

  /** Until no chunk is open: when nothing moves, time goes by, one who stalled goes on, and the dead are replaced. */
  async untilQuiet(): Promise<void> {
    const began = performance.now();
    let [seen, since] = [this.steps, performance.now()];
    for (;;) {
      if ((await this.openChunks()) === 0 && this.stalled.length === 0) {
        this.lateImport ??= this.importLate();
        await this.lateImport;
        if ((await this.openChunks()) === 0) return;
      }
      await pause(POLL_MS);
      if (this.steps !== seen) [seen, since] = [this.steps, performance.now()];
      else if (performance.now() - since > this.plan.stuckAfter_ms) {
        await this.timePasses();
        since = performance.now();
      }
      if (performance.now() - began > ENDS_WITHIN_MS) {
        this.violations.push(`did not come to an end: ${await this.openChunks()} chunks are open`);
        return;
      }
    }
  }

  private async timePasses(): Promise<void> {
    await this.looking.pool.query(`
      update chunks set lease_until = lease_until - interval '10 minutes', not_before = not_before - interval '10 minutes',
        enqueued_at = enqueued_at - interval '10 minutes'
      where chunk_id in (select chunk_id from chunks where state in ('ready', 'running') for update skip locked)`);
    await this.looking.pool.query(
      'update counterparts set open_until = clock_timestamp() where open_until is not null',
    );
    this.queues.timePasses();
    while (this.virtuals.size < this.plan.workers) await this.hire();
    // Who stalled wakes after somebody else may have taken over.
    await pause(this.plan.stuckAfter_ms);
    this.stalled.shift()?.();
  }

  /** No more faults: everything that was begun ends. */
  async settle(): Promise<void> {
    this.faultsAreOver = true;
    for (const go of this.stalled.splice(0)) go();
    const { main: office, looking, clock, dir } = this;
    const untilQuiet = () => this.untilQuiet();
    await comeToAnEnd({ office, looking, clock, dir, bankUrl: this.sim.env.BANK_URL as string, untilQuiet });
  }

  async evidence(): Promise<Ran> {
    for (const name of EXPORTED)
      await exportCsv(this.looking, name, join(this.dir, `${name}.csv`), wibDate(this.clock.now));
    return { violations: this.violations, happened: this.happened, reached: this.reachedTimes };
  }

  async close(): Promise<void> {
    onBoundary(undefined);
    for (const go of this.stalled.splice(0)) go();
    for (const virtual of this.virtuals) void this.retire(virtual);
    await Promise.all(this.retiring);
    await this.main?.close();
    await this.looking?.close();
    await this.sim?.close();
  }
}
