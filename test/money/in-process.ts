import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { sendInBulk } from '../../db/bulk-orders.ts';
import { importFile } from '../../db/import/index.ts';
import { holdPerson, releaseHold } from '../../db/payment-holds.ts';
import { openResolution, openSubmission } from '../../db/payout.ts';
import { finishRuns } from '../../db/payout-runs.ts';
import { PrakerjaError } from '../../jobs/errors.ts';
import type { Report } from '../../scripts/command.ts';
import { restoredIn } from '../../scripts/db.ts';
import { prepareRunOf, releaseIt, stopIt } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { fundTreasury } from '../../scripts/payout-fund.ts';
import { type Listener, startListener } from '../../scripts/payout-listen.ts';
import { rejectIn } from '../../scripts/payout-reject.ts';
import { takeReport } from '../../scripts/payout-statuses.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { screened } from '../../workers/layer3/rules.ts';
import { createPayoutStage } from '../../workers/payout/stage.ts';
import { onBoundary } from '../../workers/runtime/boundaries.ts';
import { execute } from '../../workers/runtime/executor.ts';
import { type Office, openOffice } from '../../workers/runtime/office.ts';
import { type Cable, startCable } from '../crash/cable.ts';
import type { Command, Counter, Outcome, Place } from './commands.ts';
import type { Strike } from './plan.ts';
import { readyChunks } from './town-state.ts';

/** One who carries commands out: an office of its own, whose cable to the database can be cut. */
interface Hand {
  readonly office: Office;
  readonly stage: ReturnType<typeof createPayoutStage>;
  readonly cable?: Cable;
  readonly strike?: Strike | undefined;
  killed: boolean;
  /** How often the planned place was reached. */
  reached: number;
  /** Chunks that it works on. */
  chunks: number;
  /** One of them stands still. */
  stands: boolean;
  /** Called when that one is all that is left: the clock must not go on days while a call is under way. */
  stalled?: () => void;
}

const whoWorks = new AsyncLocalStorage<Hand>();
const NEVER = new AbortController().signal;
const FUNDED_IDR = '1000000000';
/** A chunk is given up after six tries; nothing comes again oftener. */
const ROUNDS_MAX = 10;

/** Commands in this process: the program's own functions, without queues, on a real database and a bank on a socket. */
export class InProcessCounter implements Counter {
  private readonly place: Place;
  private readonly main: Promise<Hand>;
  /** Each lets one go on who stands still. */
  private readonly asleep: (() => void)[] = [];
  private readonly standing: Promise<unknown>[] = [];
  private listener: Listener | undefined;

  constructor(place: Place) {
    this.place = place;
    this.main = this.hire();
    onBoundary((at) => this.atBoundary(at));
  }

  async carryOut(command: Command): Promise<Outcome> {
    const strike = 'strike' in command ? command.strike : undefined;
    if (!strike) {
      const main = await this.main;
      return outcomeOf(main, this.perform(main, command));
    }
    const hand = await this.hire(strike);
    if (strike.at === 'call') this.place.bank.onCall(() => this.strike(hand));
    const stalled = new Promise<Outcome>((tell) => {
      hand.stalled = () => tell({ ended: 'stalled' });
    });
    const working = whoWorks.run(hand, () => this.perform(hand, command));
    const ended = outcomeOf(hand, working).finally(() => dismiss(hand));
    this.standing.push(ended);
    const outcome = await Promise.race([stalled, ended]);
    return hand.killed ? { ended: 'killed' } : outcome;
  }

  async listen(): Promise<string> {
    const { office } = await this.main;
    this.listener ??= await startListener(office, 0);
    return this.listener.url;
  }

  /** There are none but those that a command is told to suffer. */
  faultsAreOver(): void {}

  async wake(): Promise<void> {
    for (const go of this.asleep.splice(0)) go();
    await Promise.all(this.standing.splice(0));
  }

  async close(): Promise<void> {
    onBoundary(undefined);
    await this.wake();
    await this.listener?.close();
    await dismiss(await this.main);
  }

  private async hire(strike?: Strike): Promise<Hand> {
    const server = new URL(this.place.url);
    const cable = strike && (await startCable({ host: server.hostname, port: Number(server.port) }));
    if (cable) server.port = String(cable.port);
    const office = await this.openOfficeAt(server.toString());
    const { privateKeyFile, ...bank } = office.config.bank as NonNullable<Office['config']['bank']>;
    const settings = { ...bank, privateKeyPem: readFileSync(privateKeyFile, 'utf8') };
    const stage = createPayoutStage(settings, office.config.now, screened);
    return { office, stage, ...(cable && { cable }), strike, killed: false, reached: 0, chunks: 0, stands: false };
  }

  private async openOfficeAt(url: string): Promise<Office> {
    const { bank, dir, clock } = this.place;
    const before = process.env;
    process.env = { ...bank.env, DATABASE_URL: url, PRAKERJA_DATA: dir, LOG_LEVEL: 'silent' };
    // It reads the environment before it waits for anything.
    const opening = openOffice({ unprepared: true });
    process.env = before;
    const office = await opening;
    return { ...office, config: { ...office.config, now: () => clock.now } };
  }

  private atBoundary(at: string): void | Promise<void> {
    const hand = whoWorks.getStore();
    if (!hand || hand.strike?.at !== at) return;
    const stands = this.strike(hand);
    if (hand.killed) throw Object.assign(new Error('the process is gone'), { code: 'ECONNRESET' });
    return stands;
  }

  /** At the planned place, for the planned time: kills a hand, or returns what it waits for. */
  private strike(hand: Hand): void | Promise<void> {
    if (++hand.reached !== hand.strike?.nth) return;
    // A save that stands still would hold its rows until PostgreSQL ends it.
    if (hand.strike.how === 'kill' || hand.strike.at === 'saving') return kill(hand);
    hand.stands = true;
    tellWhenAlone(hand);
    return new Promise((go) => this.asleep.push(go));
  }

  private async perform(hand: Hand, command: Command): Promise<Report | number | undefined> {
    const { office } = hand;
    const { db } = office;
    const now = office.config.now();
    switch (command.name) {
      case 'prepare':
        return prepareRunOf(office, 'ayu');
      case 'fund':
        return fundTreasury(office, { amount: FUNDED_IDR, reference: 'SP2D-1', by: 'ayu' });
      case 'release':
        await releaseIt(office, command.run, 'budi');
        return undefined;
      case 'stop':
        return stopIt(office, command.run);
      case 'submit':
        await db.transaction().execute(async (tx) => {
          if (command.bulk) await sendInBulk(tx, command.run);
          return openSubmission(tx, command.run);
        });
        return this.work(hand);
      case 'file':
        return writeRun(office, command.run, { out: command.out, by: 'ayu' });
      case 'statuses':
        return takeReport(office, command.file);
      case 'resolve':
        await db.transaction().execute((tx) => openResolution(tx, now));
        return this.work(hand);
      case 'hold':
        return db
          .transaction()
          .execute(async (tx) => (await holdPerson(tx, `R${command.person}`, 'ayu', 'drill', now)).held);
      case 'unhold': {
        const letting = { registrationId: `R${command.person}`, by: 'budi', note: 'drill', now };
        const { sameAccount } = command;
        return db.transaction().execute(async (tx) => (await releaseHold(tx, { ...letting, sameAccount })).due);
      }
      case 'reject': {
        const word = command.confirm ? { by: 'budi', confirm: true } : { by: 'ayu', note: 'drill' };
        return rejectIn(office, command.reference, word);
      }
      case 'reconcile':
        return reconcileFiles(office, command.files, undefined);
      case 'import': {
        const { kind, file: path } = command;
        await importFile(office.database, { kind, path, quarantineDir: this.place.dir, now, registryOnline: false });
        return undefined;
      }
      case 'restored':
        return restoredIn(office, {
          by: 'cita',
          note: 'drill',
          files: command.files,
          ...(command.takenAt && { takenAt: command.takenAt }),
        });
    }
  }

  /** Works until no chunk of payments is ready; a pause after a failed try costs no time here. */
  private async work(hand: Hand): Promise<undefined> {
    const { office, stage } = hand;
    const options = { db: office.db, log: office.log, now: office.config.now, stopping: NEVER };
    for (let round = 0; round < ROUNDS_MAX && !hand.killed; round++) {
      const ids = await readyChunks(office.database);
      if (ids.length === 0) break;
      await Promise.allSettled(ids.map((id) => counted(hand, () => execute(options, stage, id))));
    }
    if (!hand.killed) await finishRuns(office.db);
    return undefined;
  }
}

async function counted(hand: Hand, work: () => Promise<unknown>): Promise<void> {
  hand.chunks++;
  try {
    await work();
  } finally {
    hand.chunks--;
    tellWhenAlone(hand);
  }
}

function tellWhenAlone(hand: Hand): void {
  if (hand.stands && hand.chunks === 1) hand.stalled?.();
}

/** Nothing that this hand still does reaches the database. */
function kill(hand: Hand): void {
  hand.killed = true;
  hand.cable?.cut();
}

async function dismiss(hand: Hand): Promise<void> {
  await hand.stage.close();
  await hand.office.close().catch(() => undefined);
  await hand.cable?.close();
}

const DEADLOCK = '40P01';

/** @throws what no person at a keyboard should ever see */
async function outcomeOf(hand: Hand, work: Promise<Report | number | undefined>): Promise<Outcome> {
  try {
    const report = await work;
    if (typeof report !== 'object') return { ended: 0 };
    return { ended: report.exitCode, json: report.json };
  } catch (error) {
    if (error instanceof PrakerjaError) return { ended: error.exitCode, said: error.message };
    if ((error as { code?: unknown }).code === DEADLOCK) return { ended: 1, said: 'a deadlock: nothing was changed' };
    if (hand.killed) return { ended: 'killed' };
    throw error;
  }
}
