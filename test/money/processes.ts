import { text } from 'node:stream/consumers';
import { type Environment, freeze, type Program, startProgram } from '../crash/programs.ts';
import { type Random, seeded } from '../crash/random.ts';
import type { Bank } from './bank.ts';
import type { Command, Counter, Outcome, Place } from './commands.ts';
import type { Strike } from './plan.ts';

/** The share of commands that are killed at some moment, beside those that the plan strikes. */
const KILLED = 0.3;
const KILLED_WITHIN_MS = 800;
/** Somebody starts them again until they have ended: without them the office would work with other files than ours. */
const NEVER_KILLED = new Set(['fund', 'import', 'restored']);

/** What the agent in a process says at a boundary (test/crash/agent.ts). */
interface Told {
  readonly id: number;
  readonly at: string;
  readonly waits: boolean;
}

/** Every command is a process of its own, ended by SIGKILL at a random moment, at a boundary or in the middle of a call. */
export class ProcessCounter implements Counter {
  private readonly place: Place;
  private readonly redisUrl: string;
  private readonly random: Random;
  /** Each lets one go on who stands still. */
  private readonly asleep: (() => Promise<void>)[] = [];
  private readonly running = new Set<Program>();
  private over = false;

  constructor(place: Place, redisUrl: string, seed: number) {
    this.place = place;
    this.redisUrl = redisUrl;
    this.random = seeded(seed ^ 0x5eed);
  }

  async carryOut(command: Command): Promise<Outcome> {
    const strike = 'strike' in command ? command.strike : undefined;
    const program = startProgram([...wordsOf(command), '--json'], this.environment(strike));
    this.running.add(program);
    const stdout = text(program.process.stdout as NodeJS.ReadableStream);
    const stalled = strike && this.strike(program, strike, this.place.bank);
    if (!strike && !this.over && !NEVER_KILLED.has(command.name)) this.killSometime(program);
    const ended = program.ended.then(async ({ code, stderr }): Promise<Outcome> => {
      this.running.delete(program);
      if (code !== 0 && code !== 1 && code !== 2 && code !== 3) return { ended: 'killed' };
      return { ended: code, said: code === 1 || code === 2 ? stderr.trim() : undefined, json: parsed(await stdout) };
    });
    return stalled ? Promise.race([stalled, ended]) : ended;
  }

  /** A process has one time, and takes no message of another. */
  async listen(): Promise<null> {
    return null;
  }

  faultsAreOver(): void {
    this.over = true;
  }

  async wake(): Promise<void> {
    await Promise.all(this.asleep.splice(0).map((go) => go()));
    await Promise.all([...this.running].map(({ ended }) => ended));
  }

  async close(): Promise<void> {
    for (const { process } of this.running) process.kill('SIGKILL');
    await Promise.all([...this.running].map(({ ended }) => ended));
  }

  private environment(strike: Strike | undefined): Environment {
    const { bank, url, dir, clock } = this.place;
    return {
      ...bank.env,
      DATABASE_URL: url,
      REDIS_URL: this.redisUrl,
      PRAKERJA_DATA: dir,
      PRAKERJA_NOW: clock.now.toISOString(),
      LOG_LEVEL: 'silent',
      CRASH_WAITS: strike ? strike.at : '',
    };
  }

  /** Kills at the planned moment, or resolves when the process stands still at it. */
  private strike(program: Program, strike: Strike, bank: Bank): Promise<Outcome> {
    let reached = 0;
    const { process } = program;
    if (strike.at === 'call')
      bank.onCall(() => {
        if (++reached === strike.nth) process.kill('SIGKILL');
      });
    return new Promise((stand) => {
      process.on('message', ({ id, at, waits }: Told) => {
        const go = () => void (process.connected && process.send(id));
        if (!waits) return;
        if (at !== strike.at || ++reached !== strike.nth) return go();
        // A save that stands still would hold its rows until PostgreSQL ends it.
        if (strike.how === 'kill' || at === 'saving') return void process.kill('SIGKILL');
        // Stopped as a whole: one who only waits would renew its lease for ever.
        const thaw = freeze(program.pid);
        this.asleep.push(() => thaw().then(go));
        stand({ ended: 'stalled' });
      });
    });
  }

  /** In the middle of whatever it does, or too late. */
  private killSometime({ process }: Program): void {
    if (!this.random.chance(KILLED)) return;
    const moment = AbortSignal.timeout(this.random.int(50, KILLED_WITHIN_MS));
    moment.addEventListener('abort', () => process.kill('SIGKILL'));
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function wordsOf(command: Command): string[] {
  switch (command.name) {
    case 'prepare':
      return ['payout', 'prepare', '--by', 'ayu'];
    case 'fund':
      return ['payout', 'fund', '--amount', '1000000000', '--reference', 'SP2D-1', '--by', 'ayu'];
    case 'release':
      return ['payout', 'release', command.run, '--by', 'budi'];
    case 'stop':
      return ['payout', 'stop', command.run];
    case 'submit':
      return ['payout', 'submit', command.run, ...(command.bulk ? ['--bulk'] : [])];
    case 'file':
      return ['payout', 'file', command.run, '--out', command.out, '--by', 'ayu'];
    case 'statuses':
      return ['payout', 'statuses', command.file, '--by', 'ayu'];
    case 'reject': {
      const words = command.confirm ? ['--by', 'budi', '--confirm'] : ['--by', 'ayu', '--note', 'drill'];
      return ['payout', 'reject', command.reference, ...words];
    }
    case 'resolve':
      return ['payout', 'resolve'];
    case 'hold':
      return ['payout', 'hold', `R${command.person}`, '--note', 'drill'];
    case 'unhold': {
      const same = command.sameAccount ? ['--same-account'] : [];
      return ['payout', 'unhold', `R${command.person}`, '--by', 'budi', '--note', 'drill', ...same];
    }
    case 'reconcile':
      return ['reconcile', '--statement', ...command.files];
    case 'import':
      return ['import', command.kind, command.file];
    case 'restored': {
      const when = command.takenAt === undefined ? [] : ['--taken-at', command.takenAt];
      return ['db', 'restored', '--by', 'cita', '--note', 'drill', ...when, ...(command.files ? ['--files'] : [])];
    }
  }
}
