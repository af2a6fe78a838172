import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { generateNation, PUBLISHED, quotasByProvince } from '../sim/nation/index.ts';

/** The day on which a generated nation's truth holds. */
export const PLAYED_AT = '2020-09-15T12:00:00+07:00';
/** The real size, and the places of the one large batch that a national benchmark draws. */
export const NATION = PUBLISHED.find(({ key }) => key === 'registered')?.value as number;
const PLACES = 800_000;

const COUNTED = ['registered', 'email_verified', 'nik_valid', 'layer3_passed'] as const;
const BY_REASON = ['waiting', 'parked', 'rejected'] as const;
type Funnel = Record<(typeof COUNTED)[number], number> & Record<(typeof BY_REASON)[number], Record<string, number>>;

/** Makes the files unless they are there; `first` and `seed` as `prakerja generate` has them. */
export async function ensureNation(out: string, applicants: number, first = 0): Promise<void> {
  if (existsSync(join(out, 'funnel.json'))) return;
  await generateNation({ applicants, seed: 1, out, first });
}

export function funnelOf(dir: string): Funnel {
  return JSON.parse(readFileSync(join(dir, 'funnel.json'), 'utf8'));
}

/** Every count that differs from the truth, as a sentence; empty: all are right. */
export function differences(found: Funnel, truth: Funnel): string[] {
  const wrong: string[] = COUNTED.filter((key) => found[key] !== truth[key]).map(
    (key) => `${key} is ${found[key]}, not ${truth[key]}`,
  );
  for (const outcome of BY_REASON) {
    for (const reason of new Set([...Object.keys(found[outcome]), ...Object.keys(truth[outcome])])) {
      const [is = 0, must = 0] = [found[outcome][reason], truth[outcome][reason]];
      if (is !== must) wrong.push(`${outcome} ${reason} is ${is}, not ${must}`);
    }
  }
  return wrong;
}

/** Two truths as one: of two waves of people who have nothing to do with each other. */
export function together(one: Funnel, other: Funnel): Funnel {
  const sum = structuredClone(one);
  for (const key of COUNTED) sum[key] += other[key];
  for (const outcome of BY_REASON) {
    for (const [reason, n] of Object.entries(other[outcome])) sum[outcome][reason] = (sum[outcome][reason] ?? 0) + n;
  }
  return sum;
}

/** The places of the one batch, by province. */
export function placesOf(applicants: number): ReadonlyMap<string, number> {
  const total = Math.round((PLACES * applicants) / NATION);
  return new Map(quotasByProvince(total).map(({ province_code, quota }) => [province_code, quota]));
}

/** joins.csv with everybody in batch 1, once: whoever joined at all. The file follows the registrations, so a repeat follows its first. */
export async function writeJoins(dir: string, path: string): Promise<number> {
  const out = createWriteStream(path);
  let joined = 0;
  let last = '';
  let piece = 'batch,registration_id,joined_at\n';
  for await (const line of createInterface({ input: createReadStream(join(dir, 'joins.csv')), crlfDelay: Infinity })) {
    const [, id, at] = line.split(',');
    if (id === 'registration_id' || id === last) continue;
    last = id as string;
    joined++;
    piece += `1,${id},${at}\n`;
    if (piece.length < 65_536) continue;
    if (!out.write(piece)) await once(out, 'drain');
    piece = '';
  }
  out.end(piece);
  await once(out, 'finish');
  return joined;
}

/** quota.csv of the batch. */
export function quotaText(places: ReadonlyMap<string, number>): string {
  return `province_code,quota\n${[...places].map(([code, seats]) => `${code},${seats}\n`).join('')}`;
}
