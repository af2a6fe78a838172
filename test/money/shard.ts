import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbedded } from '../../db/embedded.ts';
import { startServers } from '../crash/servers.ts';
import { startCaretaker } from '../helpers/caretaker.ts';
import { InProcessCounter } from './in-process.ts';
import { planOf, SHORT } from './plan.ts';
import { play, type Ran } from './play.ts';
import { ProcessCounter } from './processes.ts';
import type { Result } from './report.ts';
import { createTown, tidy } from './town.ts';

/** Nothing here outlives the run, and nobody crashes the server: no need to wait for the disk. */
const SERVER = ['fsync=off', 'full_page_writes=off', 'autovacuum=off', 'synchronous_commit=off', 'max_connections=200'];

const TIDIED_EVERY = 50;

/** Plays a seed into a directory. */
type Game = (seed: number, dir: string) => Promise<Ran>;

async function inProcess(servers: string, dir: string): Promise<Game> {
  const { url } = await startEmbedded({ dir: join(servers, 'pg'), settings: SERVER });
  const town = await createTown(url, dir);
  let played = 0;
  return async (seed, here) => {
    if (++played % TIDIED_EVERY === 0) await tidy(town);
    return play(town, planOf(seed), here, (place) => new InProcessCounter(place));
  };
}

async function withProcesses(servers: string, dir: string): Promise<Game> {
  const { postgresUrl, redisUrl } = await startServers(servers);
  const town = await createTown(postgresUrl, dir);
  return (seed, here) => play(town, planOf(seed, SHORT), here, (place) => new ProcessCounter(place, redisUrl, seed));
}

/** Plays seeds one after the other on servers below `dir`, telling each result as it comes, until `tell` says no. */
export async function playSeeds(
  dir: string,
  seeds: readonly number[],
  processes: boolean,
  tell: (result: Result) => boolean,
): Promise<void> {
  const servers = join(dir, 'servers');
  mkdirSync(dir, { recursive: true });
  const caretaker = startCaretaker(servers);
  try {
    const game = await (processes ? withProcesses : inProcess)(servers, join(dir, 'town'));
    for (const seed of seeds) {
      const began = performance.now();
      const here = join(dir, String(seed));
      const ran = await game(seed, here);
      const history = ran.violations.length > 0 ? ran.history : [];
      const seconds = (performance.now() - began) / 1000;
      if (!tell({ ...ran, history, seed, seconds, events: ran.history.length })) return;
      if (ran.violations.length === 0) rmSync(here, { recursive: true });
    }
  } finally {
    await caretaker.stop();
  }
}
