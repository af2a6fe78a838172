import { setTimeout as pause } from 'node:timers/promises';
import { type Cable, startCable } from './cable.ts';
import { type Environment, freeze, type Program, startProgram } from './programs.ts';

/** A worker process, and the cables that its connections run through, where one is to be cut. */
export interface Hand {
  readonly program: Program;
  readonly cables: readonly Cable[];
  /** Killed by us: what it leaves with is no news. */
  killed: boolean;
  /** Asked to end. */
  leaving: boolean;
  frozen: boolean;
}

/** What an agent says (agent.ts). */
interface Said {
  readonly id: number;
  readonly at: string;
  readonly waits: boolean;
}

interface Options {
  readonly environment: Environment;
  /** These variables are URLs that each worker reaches through a cable of its own. */
  readonly cabled: readonly string[];
  /** Resolves when the worker may go on. */
  readonly reached: (hand: Hand, at: string) => Promise<void>;
  readonly wrong: (what: string) => void;
}

/** Asked to end, a worker has this long. */
const LEAVES_WITHIN_MS = 30_000;

/** The workers of a schedule. One of them always works: whoever dies, leaves or stands still last is replaced. */
export class Crew {
  private readonly hands = new Set<Hand>();
  private readonly options: Options;

  constructor(options: Options) {
    this.options = options;
  }

  async hire(): Promise<void> {
    const { environment, cabled, reached, wrong } = this.options;
    const cables: Cable[] = [];
    const own: Record<string, string> = { ...environment };
    for (const name of cabled) {
      const url = new URL(environment[name] as string);
      const cable = await startCable({ host: url.hostname, port: Number(url.port) });
      url.port = String(cable.port);
      own[name] = url.toString();
      cables.push(cable);
    }
    const program = startProgram(['worker'], own);
    const hand: Hand = { program, cables, killed: false, leaving: false, frozen: false };
    this.hands.add(hand);
    program.process.on('message', ({ id, at, waits }: Said) => {
      const told = reached(hand, at).catch((error: unknown) => wrong(`the harness failed at ${at}: ${error}`));
      if (waits) void told.then(() => program.process.connected && program.process.send(id, () => undefined));
    });
    void program.ended.then(async ({ code, signal, stderr }) => {
      this.hands.delete(hand);
      if (!hand.killed && !hand.leaving) wrong(`a worker ended by itself with ${signal ?? code}: ${stderr}`);
      if (!hand.killed && hand.leaving && code !== 0)
        wrong(`a worker that was asked to end ended with ${signal ?? code}: ${stderr}`);
      for (const cable of cables) await cable.close();
    });
  }

  async kill(hand: Hand): Promise<void> {
    hand.killed = true;
    hand.program.process.kill('SIGKILL');
    await hand.program.ended;
    await this.oneWorks();
  }

  async askToEnd(hand: Hand): Promise<void> {
    this.terminate(hand);
    await this.oneWorks();
  }

  /** Once: a second SIGTERM would end it at once. */
  private terminate(hand: Hand): void {
    if (hand.leaving) return;
    hand.leaving = true;
    hand.program.process.kill('SIGTERM');
  }

  /** @returns what lets it go on */
  async freeze(hand: Hand): Promise<() => Promise<void>> {
    hand.frozen = true;
    const thaw = freeze(hand.program.pid);
    await this.oneWorks();
    return async () => {
      await thaw();
      hand.frozen = false;
    };
  }

  private async oneWorks(): Promise<void> {
    if (![...this.hands].some(({ killed, leaving, frozen }) => !killed && !leaving && !frozen)) await this.hire();
  }

  /** All are asked to end, and must within their time. */
  async dismiss(): Promise<void> {
    const all = [...this.hands];
    for (const hand of all) this.terminate(hand);
    const over = new AbortController();
    const late = pause(LEAVES_WITHIN_MS, undefined, { signal: over.signal }).then(
      () => {
        for (const hand of this.hands) {
          this.options.wrong(`a worker did not end within ${LEAVES_WITHIN_MS / 1000} s`);
          hand.killed = true;
          hand.program.process.kill('SIGKILL');
        }
      },
      () => undefined,
    );
    await Promise.all(all.map(({ program }) => program.ended));
    over.abort();
    await late;
  }

  /** Ends whoever is left, at once. */
  async end(): Promise<void> {
    const all = [...this.hands];
    for (const hand of all) {
      hand.killed = true;
      hand.program.process.kill('SIGKILL');
    }
    await Promise.all(all.map(({ program }) => program.ended));
  }
}
