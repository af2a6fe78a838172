import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinPolicy } from '../../jobs/policy.ts';
import { PLAYED_AT } from '../nation.ts';
import { type Child, runToEnd, start } from '../peers/child.ts';
import type { Servers } from '../peers/servers.ts';
import { COMMAND_LIMIT_MS, program } from '../program.ts';
import { type Applicant, type Row, read, write } from './people.ts';

/** Of the answers: one in ten is lost, late, refused or not understood. */
const FAULTS = ['http_503', 'answer_lost', 'html', 'truncated', 'http_429', 'disconnect'].map((fault) => ({
  counterpart: 'dukcapil',
  fault,
  // A lost answer costs ten seconds, and a 429 everybody's second.
  share: { answer_lost: 0.002, http_429: 0.0005 }[fault] ?? 0.025,
}));
/** Nobody waits for the registry after so many steps of an hour. */
const HOURS_MAX = 8;
export const AGAIN = '-again';

/** The program on a database of its own, asking the simulator. */
export class Office {
  private readonly servers: Servers;
  private readonly dir: string;
  private readonly nation: string;
  private sim: Child | undefined;
  private registry: Record<string, string> = {};
  private hour = 0;

  constructor(servers: Servers, dir: string, nation: string) {
    this.servers = servers;
    this.dir = dir;
    this.nation = nation;
  }

  private command(words: readonly string[]) {
    const now = new Date(Date.parse(PLAYED_AT) + this.hour * 3_600_000).toISOString();
    const more = { ...this.registry, PRAKERJA_NOW: now, LOG_LEVEL: 'error' };
    const dataDir = join(this.dir, 'data');
    return program({ servers: this.servers, node: process.execPath, dataDir, database: 'fairness', words, more });
  }

  async run<T>(...words: string[]): Promise<T> {
    return JSON.parse(await runToEnd(this.command([...words, '--json']), COMMAND_LIMIT_MS)) as T;
  }

  async open(): Promise<void> {
    await this.servers.create('fairness');
    const faults = join(this.dir, 'faults.json');
    writeFileSync(faults, JSON.stringify(FAULTS));
    const words = ['sim', '--data', this.nation, '--faults', faults, '--log', join(this.dir, 'log'), '--json'];
    this.sim = start(this.command(words));
    while (!this.sim.output().stdout.includes('}\n')) await new Promise((look) => setTimeout(look, 100));
    const all = Object.entries(JSON.parse(this.sim.output().stdout) as Record<string, string>);
    this.registry = Object.fromEntries(all.filter(([name]) => name.startsWith('DUKCAPIL_')));
    this.registry.DUKCAPIL_RATE_PER_SECOND = '5000';
  }

  /** The program's own policy; so many are rejected here that its limit for a broken registry would stop the run. */
  private policy(): string {
    const path = join(this.dir, 'policy.json');
    const limits = { dukcapil: { rejected: { count: 1_000_000, share: '1' } } };
    writeFileSync(path, JSON.stringify({ ...builtinPolicy, limits }));
    return path;
  }

  /** Decides, and lets hours go by until nobody waits for the registry. */
  async decide(): Promise<void> {
    for (let step = 0; step < HOURS_MAX; step++) {
      await this.run('run', 'start', '--wait', '--inline', '--policy', this.policy());
      const { waiting } = await this.run<{ waiting: Record<string, number> }>('funnel');
      if (!Object.keys(waiting).some((reason) => reason.startsWith('dukcapil.registry_'))) return;
      this.hour++;
    }
  }

  calls(): number {
    return readFileSync(join(this.dir, 'log', 'dukcapil.ndjson'), 'utf8').split('\n').length - 1;
  }

  /** The last verdict of every registration, as `stage outcome reason`. */
  async verdicts(): Promise<Map<string, string>> {
    const file = join(this.dir, 'verdicts.csv');
    await this.run('export', 'verdicts', '--out', file);
    return new Map(
      read(file).map((row) => [row.registration_id as string, `${row.stage} ${row.outcome} ${row.reason}`.trim()]),
    );
  }

  async correct(applicants: readonly Applicant[], name: string): Promise<void> {
    const path = join(this.dir, `${name}.csv`);
    const rows = applicants.flatMap(({ right, typed }) =>
      ['nik', 'kk_number', 'birth_date'].flatMap((field) =>
        right[field] === typed[field]
          ? []
          : [{ registration_id: right.registration_id as string, field, value: right[field] as string, at: PLAYED_AT }],
      ),
    );
    if (rows.length === 0) return;
    write(path, rows);
    await this.run('import', 'corrections', path);
    await this.decide();
  }

  async registerAgain(applicants: readonly Applicant[]): Promise<void> {
    const again = (id = '') => `${id}${AGAIN}`;
    const ids = new Set(applicants.map(({ right }) => right.registration_id));
    write(
      join(this.dir, 'again.csv'),
      applicants.map(({ right }) => ({
        ...right,
        registration_id: again(right.registration_id),
        registered_at: PLAYED_AT,
      })),
    );
    const events = readFileSync(join(this.nation, 'email-events.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    const theirs = events.filter(({ registration_id }) => ids.has(registration_id));
    const renamed = theirs.map((event) => JSON.stringify({ ...event, registration_id: again(event.registration_id) }));
    writeFileSync(join(this.dir, 'again.ndjson'), `${renamed.join('\n')}\n`);
    const otp = read(join(this.nation, 'otp.csv')).filter(({ registration_id }) => ids.has(registration_id));
    write(
      join(this.dir, 'again-otp.csv'),
      otp.map((row) => ({ ...row, registration_id: again(row.registration_id) })),
    );
    await this.run('import', 'registrations', join(this.dir, 'again.csv'));
    await this.run('import', 'email-events', join(this.dir, 'again.ndjson'));
    await this.run('import', 'otp', join(this.dir, 'again-otp.csv'));
    await this.decide();
  }

  async close(): Promise<void> {
    await this.sim?.stop();
  }
}
