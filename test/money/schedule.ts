import type { Database } from '../../db/connection.ts';
import { addHours, wibDate } from '../../jobs/time.ts';
import { type Backup, takeBackup } from '../helpers/backup.ts';
import type { Bank } from './bank.ts';
import type { Command, Counter, Outcome } from './commands.ts';
import { BankFiles } from './files.ts';
import { type Bookmark, Papers } from './papers.ts';
import type { Deed, Event, Fetching, Plan, Strike, Way } from './plan.ts';
import { steadyFaults } from './steady.ts';
import { BEGINS, type Town } from './town.ts';
import { endLeases, fileRuns, runsIn, statementsOf } from './town-state.ts';
import { forgetAll, putBack } from './witness.ts';

/** What a restore needs to come back to the moment before an event. */
interface Saved {
  readonly backup: Backup;
  readonly at: Date;
  readonly bookmark: Bookmark;
}

interface Parts {
  readonly town: Town;
  readonly plan: Plan;
  readonly dir: string;
  readonly bank: Bank;
  readonly database: Database;
  readonly clock: { now: Date };
  readonly counter: Counter;
}

/** After them something may be at the bank. */
const ASKS = new Set<Command['name']>(['submit', 'file', 'resolve']);

const EVENT_HOURS = 11 / 60;
const DAY_HOURS = 24;

/** One schedule while it is played: what its events do. */
export class Schedule {
  readonly plan: Plan;
  readonly bank: Bank;
  readonly database: Database;
  readonly papers: Papers;
  readonly violations: string[] = [];
  /** Commands, by name. */
  readonly told: Record<string, number> = {};
  /** Commands that did not end by themselves, and restores. */
  readonly struck: Record<string, number> = {};
  /** What was done, in order. */
  readonly history: string[] = [];
  /** What the last reconciliation has said. */
  totals: unknown;
  private readonly clock: { now: Date };
  private readonly town: Town;
  private readonly dir: string;
  private readonly counter: Counter;
  private readonly files: BankFiles;
  private readonly saved = new Map<number, Saved>();

  constructor({ town, plan, dir, bank, database, clock, counter }: Parts) {
    this.town = town;
    this.plan = plan;
    this.dir = dir;
    this.bank = bank;
    this.database = database;
    this.clock = clock;
    this.counter = counter;
    this.papers = new Papers(bank, plan, dir);
    this.files = new BankFiles({ bank, dir, clock, tell: (command) => this.tell(command) });
  }

  /** The town on its first morning, with as many people as the plan says. */
  async begin(): Promise<void> {
    this.clock.now = new Date(BEGINS);
    await putBack(this.database, this.town.morning);
    await forgetAll(this.database);
    await this.database.pool.query('delete from participants where reg > $1', [this.plan.people]);
    if (this.plan.funded) await this.tell({ name: 'fund' });
    const address = this.plan.notices && (await this.counter.listen());
    if (address) await this.bank.tellTo(address);
  }

  /** All events, up to the first after which something is wrong. */
  async play(): Promise<void> {
    for (const [i, event] of this.plan.events.entries()) {
      if (this.isWanted(i)) this.saved.set(i, await this.save());
      await this.happens(event, i);
      await this.check(`event ${i}`);
      if (this.violations.length > 0) return;
    }
  }

  /** Whether a later restore comes back to the moment before event `i`. */
  private isWanted(i: number): boolean {
    return this.plan.events.some((event, at) => event.kind === 'restore' && at - event.back === i);
  }

  private async save(): Promise<Saved> {
    return { backup: await takeBackup(this.database), at: this.clock.now, bookmark: this.papers.bookmark() };
  }

  private async happens(event: Event, i: number): Promise<void> {
    this.clock.now = addHours(this.clock.now, EVENT_HOURS);
    await endLeases(this.database);
    // Who stands still sleeps over an event at least, most of the time.
    if (i % 2 === 0) await this.counter.wake();
    if (event.kind === 'days') this.daysPass(event.days);
    else if (event.kind === 'restore') await this.restore(event, i);
    else if (event.kind === 'together') await this.together(event.deeds);
    else await this.act(event);
    await this.bank.quiet();
  }

  /** Days go by, and it is morning again. */
  daysPass(days: number): void {
    this.note(`${days} days pass`);
    this.clock.now = new Date(`${wibDate(addHours(this.clock.now, days * DAY_HOURS))}T09:00:00+07:00`);
  }

  private async restore({ back, tellsWhen }: Extract<Event, { kind: 'restore' }>, i: number): Promise<void> {
    const saved = this.saved.get(i - back);
    if (!saved) throw new Error(`nothing was saved ${back} events before event ${i}`);
    this.note(`restored to before event ${i - back}`);
    this.struck.restore = (this.struck.restore ?? 0) + 1;
    await putBack(this.database, saved.backup);
    const lost = this.papers.back(saved.bookmark);
    const takenAt = tellsWhen ? saved.at.toISOString() : undefined;
    const { json } = await this.tell({ name: 'restored', takenAt, files: this.plan.way !== 'single' });
    this.papers.want((json as { statements_wanted: string[] }).statements_wanted);
    for (const file of lost) await this.tell(file);
  }

  private async together([first, second]: readonly [Deed, Deed]): Promise<void> {
    this.note('at once:');
    // One of them is struck at most: the other must be there to profit.
    const calm =
      second.kind === 'submit' || second.kind === 'resolve' ? { kind: second.kind, faults: second.faults } : second;
    await Promise.all([this.act(first), this.act(calm)]);
  }

  /** Does what an event says, to all that it concerns. */
  async act(deed: Deed): Promise<void> {
    switch (deed.kind) {
      case 'prepare':
        await this.tell({ name: 'prepare' });
        return;
      case 'release':
        for (const run of await runsIn(this.database, 'prepared')) await this.tell({ name: 'release', run });
        return;
      case 'stop': {
        const run = (await runsIn(this.database, 'prepared', 'released', 'stopped')).at(-1);
        if (run !== undefined) await this.tell({ name: 'stop', run });
        return;
      }
      case 'submit':
        this.bank.meet({ payment: deed.faults });
        await this.sendReleased(deed.strike);
        return;
      case 'resolve':
        this.bank.meet({ status: deed.faults });
        await this.ask(deed.strike);
        return;
      case 'hold':
      case 'unhold':
        await this.tell({ name: deed.kind, person: deed.person, sameAccount: deed.person % 2 === 0 });
        return;
      case 'reconcile':
        return this.reconcile(deed.fetching);
      case 'account':
      case 'exclude':
        await this.tell(this.papers.about(deed, this.clock.now));
    }
  }

  /** What is released goes to the bank, and what an earlier call has left of files. */
  async sendReleased(strike?: Strike): Promise<void> {
    for (const run of await runsIn(this.database, 'released')) {
      if (this.wayOf(run) === 'file') await this.files.send(run);
      else await this.tell({ name: 'submit', run, bulk: this.wayOf(run) === 'call', strike });
    }
    for (const { run, written } of await fileRuns(this.database))
      if (!written || !this.files.has(run)) await this.files.send(run);
  }

  private wayOf(run: string): Way {
    return Number(run) % 2 === 1 ? this.plan.way : 'single';
  }

  /** The bank is asked about each order, and for reports on files. */
  async ask(strike?: Strike): Promise<void> {
    await this.tell({ name: 'resolve', strike });
    if (this.plan.reports) await this.files.ask();
  }

  async reconcile(fetching: Fetching): Promise<void> {
    const files = await this.papers.statements(fetching, this.clock.now);
    if (files.length === 0) return this.note('reconcile: there is nothing to fetch');
    const before = await statementsOf(this.database);
    const { ended, json } = await this.tell({ name: 'reconcile', files });
    if (ended === 0 || ended === 3) this.totals = json;
    if (fetching !== 'torn' || ended === 'killed') return;
    if (ended !== 2 || before !== (await statementsOf(this.database)))
      this.violations.push(`a statement that contradicts its own balances was taken`);
  }

  async tell(command: Command): Promise<Outcome> {
    if (ASKS.has(command.name)) this.papers.asks(this.clock.now);
    const outcome = await this.counter.carryOut(command);
    const { name, ...of } = command;
    const { ended, said } = outcome;
    const what = `${name} ${JSON.stringify(of)}`.replaceAll(`${this.dir}/`, '').replace(' {}', '');
    this.note(`${what}: ${ended}${said ? ` (${said})` : ''}`);
    this.told[name] = (this.told[name] ?? 0) + 1;
    if (typeof ended === 'string') this.struck[`${name} ${ended}`] = (this.struck[`${name} ${ended}`] ?? 0) + 1;
    return outcome;
  }

  today(): string {
    return wibDate(this.clock.now);
  }

  note(what: string): void {
    this.history.push(`${this.clock.now.toISOString().slice(0, 16)} ${what}`);
  }

  /** What must hold whatever was just done. */
  async check(when: string): Promise<void> {
    for (const fault of await steadyFaults(this.database.pool)) this.violations.push(`after ${when}: ${fault}`);
  }

  /** No more faults; what stood still goes on, after its lease. */
  async calmDown(): Promise<void> {
    this.bank.behave();
    this.counter.faultsAreOver();
    await endLeases(this.database);
    await this.counter.wake();
  }
}
