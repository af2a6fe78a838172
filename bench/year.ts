import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openOffice } from '../workers/runtime/office.ts';
import type { Servers } from './peers/servers.ts';
import { withServers } from './with-servers.ts';
import { type BatchFigures, figures } from './year/places.ts';
import { BATCHES, playYear } from './year/play.ts';

// npm run bench:year: batches 1 to 11 of 2020 with their published quotas, at a share of the nation, from the timetable
// to the decree and back: opened and closed by themselves, drawn, verified, screened, set, revoked, and the freed places
// given to batch 11. Exit 1 when a place is lost or made.

const { values } = parseArgs({
  options: {
    applicants: { type: 'string', default: '231712' },
    out: { type: 'string', default: '.data/bench/year.json' },
  },
});

async function measure(servers: Servers, dir: string): Promise<boolean> {
  await servers.create('year');
  Object.assign(process.env, {
    DATABASE_URL: servers.urlOf('year'),
    ...(servers.redisUrl && { REDIS_URL: servers.redisUrl }),
    PRAKERJA_DATA: join(dir, 'data'),
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'error',
  });
  const office = await openOffice();
  try {
    const begun = performance.now();
    const { ticks, verified, health } = await playYear(office, dir, Number(values.applicants), say);
    const seconds = Math.round((performance.now() - begun) / 1000);
    const batches = await figures(office.db);
    const wrong = [...faults(batches), ...verified, ...(health.ok ? [] : health.lines)];
    say(table(batches));
    say(`${ticks} ticks of the timetable, played in ${seconds} s.`);
    for (const line of wrong) say(`WRONG: ${line}`);
    if (wrong.length === 0) say('Every place is accounted for, and every draw and decree verifies from its files.');
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify({ seconds, ticks, batches, wrong }, null, 2)}\n`);
    return wrong.length === 0;
  } finally {
    await office.close();
  }
}

/** Places conserve: each has one person by decree; what revocations free is batch 11, to the last one. */
function faults(batches: readonly BatchFigures[]): string[] {
  const of = (what: keyof BatchFigures) => batches.reduce((sum, one) => sum + one[what], 0);
  const full = batches
    .filter((one) => one.set !== one.quota)
    .map((one) => `batch ${one.batch}: ${one.set} set for ${one.quota} places`);
  const last = batches.at(-1);
  return [
    ...full,
    ...(batches.length === BATCHES.length ? [] : [`${batches.length} batches were opened, not ${BATCHES.length}`]),
    ...(last?.quota === last?.freed ? [] : ['batch 11 has places that were not freed']),
    ...(of('freed') === of('revoked') ? [] : [`${of('revoked')} places were freed, ${of('freed')} given`]),
    ...(of('quota') - of('freed') === of('set') - of('revoked') ? [] : ['own places and people who take part differ']),
  ];
}

function table(batches: readonly BatchFigures[]): string {
  const columns = ['batch', 'joined', 'pool', 'quota', 'freed', 'removed', 'promoted', 'set', 'revoked'] as const;
  const row = (cells: readonly (string | number)[]) => cells.map((cell) => String(cell).padStart(9)).join('');
  return [row(columns), ...batches.map((one) => row(columns.map((column) => one[column])))].join('\n');
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

await withServers('year', measure);
