import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decree } from '../../scripts/batch-decree.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { BEACON, closedBatch, type Hall, hall, linesOf, NOON, nik } from '../helpers/batch.ts';

export const ONE_DAY_LATER = '2020-09-16T12:00:00+07:00';
export const FILES = ['decree.csv', 'annex.csv', 'decree.json', 'decree.pdf'];
export const setAt = (here: Hall, now: string, number = 'SK-1') =>
  here.at(now, () => decree('1', { number, by: 'ayu' }));

/** Nine people of two provinces for five places; the person of rank 2 is screened out on the day of the decree. */
export async function decreed() {
  const here = await hall(9, (n) => ({ province_code: n % 3 === 0 ? '11' : '32' }));
  const dir = await closedBatch(here, 1, here.policy({}), here.quota('11,2', '32,3'), [1, 9]);
  await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
  const removed = linesOf(dir, 'result.csv')[1]?.split(',')[1] ?? '';
  await here.load(
    'exclusions',
    'list,nik,valid_from,valid_to,source',
    `polri,${nik(Number(removed.slice(1)))},2020-09-15,,POLRI`,
  );
  return { here, dir, removed, report: await setAt(here, NOON) };
}

export const text = (dir: string, name: string) => readFile(join(dir, name), 'utf8');
export const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
