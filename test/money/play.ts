import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../db/connection.ts';
import { openBank } from './bank.ts';
import type { Counter, Place } from './commands.ts';
import { quietEnd } from './ending.ts';
import { judge } from './judge.ts';
import type { Plan } from './plan.ts';
import { Schedule } from './schedule.ts';
import { BEGINS, handKeysTo, type Town } from './town.ts';

/** What a schedule came to. */
export interface Ran {
  readonly violations: readonly string[];
  /** Faults that happened, by name. */
  readonly happened: Readonly<Record<string, number>>;
  /** Commands, by name. */
  readonly reached: Readonly<Record<string, number>>;
  /** What was done, in order. */
  readonly history: readonly string[];
}

const CONNECTIONS = 4;

/** Plays one schedule in `dir` with its quiet end, and judges it. */
export async function play(town: Town, plan: Plan, dir: string, open: (place: Place) => Counter): Promise<Ran> {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  handKeysTo(town, dir);
  const clock = { now: new Date(BEGINS) };
  const bank = await openBank(dir, plan);
  const database = openDatabase(town.url, CONNECTIONS);
  const counter = open({ url: town.url, dir, bank, clock });
  const schedule = new Schedule({ town, plan, dir, bank, database, clock, counter });
  try {
    await schedule.begin();
    await schedule.play();
    if (schedule.violations.length === 0) await endAndJudge(schedule, dir);
    return tell(schedule);
  } catch (error) {
    schedule.violations.push(`could not be played to its end: ${error instanceof Error ? error.stack : error}`);
    return tell(schedule);
  } finally {
    bank.behave();
    await counter.close();
    await database.close();
    await bank.close();
  }
}

async function endAndJudge(schedule: Schedule, dir: string): Promise<void> {
  await quietEnd(schedule);
  writeFileSync(join(dir, 'delivered.json'), JSON.stringify(schedule.papers.delivered()));
  const facts = {
    dir,
    today: schedule.today(),
    totals: schedule.totals,
    restored: schedule.struck.restore !== undefined,
  };
  schedule.violations.push(...(await judge(schedule.database.pool, facts)));
}

function tell({ violations, struck, told, history, bank, papers }: Schedule): Ran {
  const happened: Record<string, number> = { ...struck, ...bank.met };
  for (const { fault } of papers.delivered().spoiled) {
    const name = `statement ${fault}`;
    happened[name] = (happened[name] ?? 0) + 1;
  }
  return { violations, happened, reached: told, history };
}
