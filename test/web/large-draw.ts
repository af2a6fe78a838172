import { mkdir } from 'node:fs/promises';
import {
  readCommitment,
  readPool,
  writeCommitment,
  writePool,
  writeQuota,
  writeResult,
  writeSeed,
} from '../../scripts/draw-files.ts';
import { draw, hexText, poolLine, seedOf } from '../../workers/assignment/rules.ts';

const rule = { whitelist_share: '0.8', order: 'lottery', kk_cap: 2 } as const;
const PROVINCES = ['11', '12', '31', '32', '33', '35', '73', '91'];
const LINES_AT_ONCE = 1000;

/** A draw of many people, with its result and without a decree. @returns `dir` */
export async function largeDraw(dir: string, people: number): Promise<string> {
  await mkdir(dir, { recursive: true });
  const quota = PROVINCES.map((provinceCode) => ({ provinceCode, seats: Math.floor(people / 30) }));
  const { sha256, size } = await writePool(dir, rule, poolText(people));
  const quotaSha256 = await writeQuota(dir, quota);
  await writeCommitment(dir, {
    attempt: 1,
    batch: 4,
    beacon: 'manual:4',
    policy: rule,
    pool_sha256: sha256,
    pool_size: size,
    previous: null,
    quota_sha256: quotaSha256,
  });
  const seed = seedOf((await readCommitment(dir)).bytesWithoutLf, '00ff');
  const { pool } = await readPool(dir, rule);
  await writeSeed(dir, { beacon_value: '00ff', seed: hexText(seed) });
  await writeResult(dir, pool, draw(pool, quota, rule, seed));
  return dir;
}

function* poolText(people: number): Generator<string> {
  let text = '';
  for (let i = 0; i < people; i++) {
    text += poolLine({
      registrationId: `REG-${String(i).padStart(9, '0')}`,
      provinceCode: PROVINCES[(i * 7) % PROVINCES.length] as string,
      track: i % 5 === 0 ? 'whitelist' : 'public',
      score: null,
      kkToken: Math.floor(i / 3)
        .toString(16)
        .padStart(16, '0'),
      kkPrior: i % 11 === 0 ? 1 : 0,
    });
    if (i % LINES_AT_ONCE === 0) {
      yield text;
      text = '';
    }
  }
  yield text;
}
