import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../db/connection.ts';
import { boundaries } from '../../workers/runtime/boundaries.ts';
import { migrateQueues } from '../../workers/runtime/queues.ts';
import { withDatabaseName } from '../helpers/server.ts';
import { judge } from './checker.ts';
import { play, type Ran } from './in-process.ts';
import { planOf, quietPlan } from './plan.ts';
import { processPlanOf, quietProcessPlan } from './process-plan.ts';
import { playProcesses } from './processes.ts';
import type { Servers } from './servers.ts';
import { createWorld } from './world.ts';

/** What one seed came to, as a shard tells it. */
export interface Result {
  readonly seed: number;
  readonly seconds: number;
  readonly violations: readonly string[];
  readonly happened: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
}

/** Applicants of the world in one process: small, so that thousands of schedules can be played. */
const APPLICANTS = 30;
/** Those of the world of processes: some ten small chunks a stage. */
const PROCESS_APPLICANTS = 150;

/** One of the two harnesses, with its world made: plays the quiet day (no seed) or a seed into a directory. */
type Game = (seed: number | undefined, dir: string) => Promise<Ran>;

/** Plays in this process: virtual workers over a queue in memory. */
export async function inProcess(serverUrl: string, dir: string): Promise<Game> {
  mkdirSync(dir, { recursive: true });
  const world = await createWorld(serverUrl, dir, APPLICANTS);
  return (seed, here) => play(world, seed === undefined ? quietPlan : planOf(seed), here);
}

/** Plays with real processes, over the shard's own servers. */
export async function withProcesses(servers: Servers, dir: string): Promise<Game> {
  mkdirSync(dir, { recursive: true });
  const world = await createWorld(servers.postgresUrl, dir, PROCESS_APPLICANTS);
  const url = withDatabaseName(servers.postgresUrl, world.template);
  await migrateQueues(url);
  await fixSequences(url);
  return (seed, here) =>
    playProcesses(world, servers, seed === undefined ? quietProcessPlan : processPlanOf(seed), here);
}

/**
 * A sequence of a database that was copied goes back to where the copy was made when the server crashes before its next
 * checkpoint: PostgreSQL 18 had written numbers ahead in the original's log, and takes them for written in the copy's.
 * Setting it has the copy write its own.
 */
async function fixSequences(url: string): Promise<void> {
  const template = openDatabase(url, 1);
  await template.pool.query(
    `select setval(format('%I.%I', schemaname, sequencename), last_value) from pg_sequences where last_value is not null`,
  );
  await template.close();
}

/** The number under which the quiet day is told, when it is wrong itself. */
const QUIET = 0;

/** Plays the quiet day, then seeds one after the other, telling each result as it comes. */
export async function playSeeds(
  game: Game,
  dir: string,
  seeds: Iterable<number>,
  tell: (result: Result) => boolean,
): Promise<void> {
  const quiet = join(dir, 'quiet');
  const wrong = await playQuietDay(game, quiet);
  if (wrong) {
    tell({ ...wrong, seed: QUIET, seconds: 0 });
    return;
  }
  for (const seed of seeds) {
    const began = performance.now();
    const here = join(dir, String(seed));
    const { ran, judged } = await playAndJudge(game, seed, quiet, here);
    const violations = [...ran.violations, ...judged];
    const seconds = (performance.now() - began) / 1000;
    if (!tell({ ...ran, seed, seconds, violations })) return;
    if (violations.length === 0) rmSync(here, { recursive: true });
  }
}

const QUIET_TRIES_MAX = 5;

/**
 * Nothing can be judged by a quiet day that contradicts itself: it is returned. On a busy machine a lease may run out on a
 * quiet day too; then it was none, for a mail may have gone out twice.
 */
async function playQuietDay(game: Game, quiet: string): Promise<Ran | undefined> {
  for (let tries = 1; ; tries++) {
    const ran = await game(undefined, quiet);
    const unheard = boundaries.filter((boundary) => !ran.reached[boundary]).map((name) => `${name} is not heard`);
    const violations = [...ran.violations, ...unheard, ...judge(quiet, quiet)];
    if (violations.length > 0) return { ...ran, violations };
    if (ran.reached.claimed === ran.reached.saved) return undefined;
    if (tries === QUIET_TRIES_MAX)
      return { ...ran, violations: ['chunks are lost on quiet days: too busy a machine?'] };
  }
}

/** A schedule that could not be played or judged has failed too, and others are still played. */
async function playAndJudge(game: Game, seed: number, quiet: string, here: string) {
  let ran: Ran = { violations: [], happened: {}, reached: {} };
  try {
    ran = await game(seed, here);
    return { ran, judged: judge(quiet, here) };
  } catch (error) {
    return { ran, judged: [`could not be played to its end: ${error instanceof Error ? error.stack : error}`] };
  }
}
