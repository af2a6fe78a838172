import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { builtinPolicy } from '../jobs/policy.ts';
import { stopAll } from './peers/child.ts';
import {
  type Ground,
  type Measured,
  type Peer,
  peerSettings,
  peers,
  runPeer,
  type Setting,
} from './peers/contestants.ts';
import { hereSettings, type Opened, runHere } from './peers/here.ts';
import { prepareHome } from './peers/home.ts';
import { generatedNation, type Here, prepareBase } from './peers/nation.ts';
import { checkHere, checkPeer, PEOPLE, preparePeople } from './peers/people.ts';
import { type Result, ratio, resultOf, table, words } from './peers/report.ts';
import { type Servers, startServers } from './peers/servers.ts';

// One stage's work, layer 3 of one person, as the usual queues do it with one job per person, against our chunks: in
// turn, on the same servers and the same rows. `npm run bench:peers [-- --people 20000 --rounds 3 --data DIR]`.

const DIR = resolve('.data/bench');
/** Of the people of a round, what each setting is tried with. */
const TRIED_WITH = 0.25;

interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly settings: readonly Setting[];
  /** One run and its check; `share` of the people where that can be chosen. */
  run(setting: Setting, share: number): Promise<Measured>;
}

function peerContestant(ground: Ground, peer: Peer, people: number): Contestant {
  return {
    name: peer.name,
    version: ground.home.versions[peer.package] ?? '',
    settings: peerSettings,
    run: async (setting, share) => {
      const n = Math.ceil(people * share);
      const measured = await runPeer(ground, peer, setting, n);
      await checkPeer(ground.servers, peer.name, peer.database, n);
      return measured;
    },
  };
}

function hereContestant(here: Here, opened: Opened): Contestant {
  return {
    name: `here, chunks ${opened}`,
    version: `${here.servers.redisUrl ? 'Redis' : 'PostgreSQL'} queue`,
    settings: hereSettings,
    run: async (setting) => {
      const measured = await runHere(here, setting, opened);
      await checkHere(here.servers, measured.people);
      return measured;
    },
  };
}

/** Tries every setting once; the best one first. */
async function tryAll({ name, settings, run }: Contestant): Promise<Result['tried']> {
  const tried: (Setting & { people_per_s: number })[] = [];
  for (const setting of settings) {
    const { people_per_s } = await run(setting, TRIED_WITH);
    tried.push({ ...setting, people_per_s: Math.round(people_per_s) });
    say(`${name}: ${setting.processes} x ${setting.concurrency}: ${Math.round(people_per_s)} people/s (trying)`);
  }
  return tried.toSorted((a, b) => b.people_per_s - a.people_per_s);
}

async function measure(contestants: readonly Contestant[], rounds: number): Promise<Result[]> {
  const plans = [];
  for (const contestant of contestants) {
    const tried = await tryAll(contestant);
    const { processes, concurrency } = tried[0] as Setting;
    plans.push({ contestant, tried, setting: { processes, concurrency }, measured: [] as Measured[] });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { contestant, setting, measured } of plans) {
      const result = await contestant.run(setting, 1);
      measured.push(result);
      say(`round ${round}: ${contestant.name}: ${Math.round(result.people_per_s)} people/s`);
    }
  }
  return plans.map(({ contestant: { name, version }, setting, tried, measured }) =>
    resultOf({ name, version, setting, tried }, measured),
  );
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function main(servers: Servers, people: number, rounds: number, data: string | undefined): Promise<void> {
  const home = prepareHome(join(DIR, 'peers/home'));
  const here: Here = { servers, home, dataDir: join(DIR, 'peers/data') };
  const nation = data ?? (await generatedNation(here, DIR));
  say('importing, and deciding everything before layer 3');
  await prepareBase(here, nation);
  await preparePeople(servers, people);
  const ground: Ground = { servers, home, template: PEOPLE, rules: JSON.stringify(builtinPolicy.layer3) };
  const running = peers.filter((peer) => !peer.redis || servers.redisUrl);
  const skipped = peers.filter((peer) => !running.includes(peer)).map(({ name }) => name);
  // Ours is first: what it decides is what the others are compared with.
  const ours = [hereContestant(here, 'by dukcapil'), hereContestant(here, 'by run start')];
  const load = loadavg()[0] ?? 0;
  const theirs = running.map((peer) => peerContestant(ground, peer, people));
  const results = await measure([...ours, ...theirs], rounds);
  publish(ground, results, { rounds, skipped, load_at_start: Math.round(load * 10) / 10 });
}

interface About {
  readonly rounds: number;
  readonly skipped: readonly string[];
  /** What else kept the machine busy: runnable processes over the minute before the first trial. */
  readonly load_at_start: number;
}

/** The document for a program, the table for a person. */
function publish({ servers, home }: Ground, results: readonly Result[], about: About): void {
  const [ours, ...others] = results as [Result, ...Result[]];
  const best = others.slice(1).reduce((a, b) => (b.people_per_s.median > a.people_per_s.median ? b : a));
  const factor = ratio(ours, best);
  const machine = { cpus: cpus().length, cpu: cpus()[0]?.model ?? '', memory_gb: Math.round(totalmem() / 2 ** 30) };
  const versions = { ...servers.versions, ...home.versions };
  const { settings } = servers;
  const document = { at: new Date(), machine, versions, settings, ...about, results, best: best.name, ratio: factor };
  writeFileSync(join(DIR, 'peers.json'), `${JSON.stringify(document, null, 2)}\n`);
  const lines = [
    table(results),
    ...about.skipped.map((name) => `${name}: skipped, there is no redis-server on this machine`),
    `"${ours.name}" decides ${words(factor)} times as many people per second as ${best.name}, the best of them.`,
    `${machine.cpus} cores, load ${about.load_at_start} at the start; ${versionWords(versions)}; ${settings.join(', ')}.`,
    'All figures and every setting that was tried: .data/bench/peers.json',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function versionWords({ node, postgresql, redis }: Readonly<Record<string, string>>): string {
  return [`Node ${node}`, `PostgreSQL ${postgresql}`, ...(redis ? [`Redis ${redis}`] : [])].join(', ');
}

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    data: { type: 'string' },
  },
});
const people = Number(values.people);
const rounds = Number(values.rounds);
if (!(Number.isInteger(people) && people > 0 && Number.isInteger(rounds) && rounds > 0)) {
  say('--people and --rounds must be whole numbers above 0');
  process.exit(2);
}
mkdirSync(DIR, { recursive: true });
const servers = await startServers(join(DIR, 'peers'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await stopAll();
    await servers.stop();
    process.exit(1);
  });
}
try {
  await main(servers, people, rounds, values.data);
} catch (error) {
  say(`the benchmark failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await servers.stop();
}
