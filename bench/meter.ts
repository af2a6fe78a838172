import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import type { BenchOffice } from './office.ts';
import { cpuSecondsOf, type Peaks, watchMemory } from './processes.ts';

const PROGRAM = join(import.meta.dirname, '..', 'scripts', 'prakerja.js');
const QUIET_POLL_MS = 200;

/** What one stage of a benchmark took. */
export interface Measured extends Peaks {
  readonly stage: string;
  readonly rows: number;
  readonly seconds: number;
  readonly per_second: number;
  /** CPU seconds of our processes and of PostgreSQL's: two cores give two a second. */
  readonly program_cpu_seconds: number;
  readonly server_cpu_seconds: number;
  readonly wal_bytes: number;
  /** Growth of the database on the disk. */
  readonly database_bytes: number;
}

/** Runs the program as its users do, as processes of its own, and measures what they and the server use. */
export class Meter {
  readonly measured: Measured[] = [];
  /** Of the commands that are started from now on. */
  readonly environment: NodeJS.ProcessEnv;
  readonly #office: BenchOffice;
  readonly #tell: (measured: Measured) => void;
  #memory: ReturnType<typeof watchMemory>;
  #ended_cpu_seconds = 0;
  readonly #running = new Set<ChildProcess>();

  constructor(office: BenchOffice, tell: (measured: Measured) => void) {
    this.#office = office;
    this.environment = { ...office.environment };
    this.#tell = tell;
    this.#memory = watchMemory(office.serverPid);
    this.#memory.stop();
  }

  /** Measures `work`; `rows` is what a rate is counted in. */
  async stage(stage: string, rows: number, work: () => Promise<void>): Promise<Measured> {
    const { client, serverPid } = this.#office;
    this.#memory = watchMemory(serverPid);
    const before = { ...(await sizes(client)), cpu: cpuSecondsOf(serverPid), own: this.#ended_cpu_seconds };
    const began = performance.now();
    await work();
    const seconds = (performance.now() - began) / 1000;
    const after = await sizes(client);
    const measured = {
      stage,
      rows,
      seconds,
      per_second: Math.round(rows / seconds),
      program_cpu_seconds: this.#ended_cpu_seconds - before.own,
      server_cpu_seconds: cpuSecondsOf(serverPid) - before.cpu,
      ...this.#memory.stop(),
      wal_bytes: after.wal - before.wal,
      database_bytes: after.database - before.database,
    };
    this.measured.push(measured);
    this.#tell(measured);
    return measured;
  }

  /** One command; its JSON. @throws when it exits with anything but 0 or 3 (done, but something needs a person) */
  async command<Answer = Record<string, unknown>>(...words: string[]): Promise<Answer> {
    const child = this.#start([...words, '--json']);
    let out = '';
    let err = '';
    child.stdout?.on('data', (text) => (out += text));
    child.stderr?.on('data', (text) => (err += text));
    await once(child, 'close');
    if (child.exitCode !== 0 && child.exitCode !== 3)
      throw new Error(`prakerja ${words.slice(0, 3).join(' ')} ended with ${child.exitCode}: ${err.slice(-2000)}`);
    return JSON.parse(out);
  }

  /** One worker process with these stages, until none of their chunks is open. */
  async worker(...stages: string[]): Promise<void> {
    const child = this.startWorker(...stages);
    const ended = once(child, 'close');
    while ((await this.openChunks(stages)) > 0) {
      if (child.exitCode !== null) throw new Error(`the worker ended with ${child.exitCode}`);
      await new Promise((done) => setTimeout(done, QUIET_POLL_MS));
    }
    child.kill('SIGTERM');
    await ended;
  }

  /** A worker that is killed when half of its chunks are done; whoever comes next goes on where it was. */
  async killedWorker(stage: string): Promise<void> {
    const child = this.startWorker(stage);
    const ended = once(child, 'close');
    const half = (await this.openChunks([stage])) / 2;
    while ((await this.openChunks([stage])) > half) await new Promise((done) => setTimeout(done, QUIET_POLL_MS));
    child.kill('SIGKILL');
    await ended;
  }

  startWorker(...stages: string[]): ChildProcess {
    return this.#start(['worker', '--stages', stages.join(',')]);
  }

  async openChunks(stages: readonly string[]): Promise<number> {
    const { rows } = await this.#office.client.query(
      `select count(*)::int4 as n from chunks where stage = any($1) and state in ('ready', 'running')`,
      [stages],
    );
    return rows[0].n;
  }

  #start(words: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [PROGRAM, ...words], {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.resume();
    child.stderr?.resume();
    const pid = child.pid as number;
    this.#memory.add(pid);
    this.#running.add(child);
    let cpu = 0;
    const timer = setInterval(() => {
      cpu = cpuSecondsOf(pid) || cpu;
    }, 200);
    child.on('exit', () => {
      clearInterval(timer);
      this.#running.delete(child);
      this.#ended_cpu_seconds += cpu;
    });
    return child;
  }

  /** Writes a query's rows to a file, by the server itself: as CSV with a header, or plain. Returns how many. */
  async copyToFile(path: string, query: string, format: 'csv, header' | 'text' = 'csv, header'): Promise<number> {
    const { rowCount } = await this.query(`copy (${query}) to '${resolve(path)}' with (format ${format})`);
    return rowCount ?? 0;
  }

  /** Beside what is measured. */
  query(statement: string) {
    return this.#office.client.query(statement);
  }

  /** Ends what still runs; for a benchmark that fails in the middle. */
  stop(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}

async function sizes(client: BenchOffice['client']): Promise<{ wal: number; database: number }> {
  const { rows } = await client.query(
    `select (pg_current_wal_lsn() - '0/0')::float8 as wal, pg_database_size(current_database())::float8 as database`,
  );
  return rows[0];
}
