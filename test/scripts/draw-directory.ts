import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  drawFile,
  readCommitment,
  readPool,
  writeCommitment,
  writeDecree,
  writePool,
  writeQuota,
  writeResult,
  writeSeed,
} from '../../scripts/draw-files.ts';
import { type DrawRule, decreeLines, draw, hexText, poolLine, seedOf } from '../../workers/assignment/rules.ts';

export const capped: DrawRule = { whitelist_share: '0.5', order: 'score_then_lottery', kk_cap: 2 };
export const quota = [
  { provinceCode: '11', seats: 4 },
  { provinceCode: '32', seats: 6 },
];
const POOL = 40;

/** A directory that is gone after the test. */
export async function scratch(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'draw-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** The pool's lines: three provinces, one of them without quota, both tracks, households of two or three. */
export function* poolLines(rule: DrawRule): Generator<string> {
  for (let i = 0; i < POOL; i++) {
    yield poolLine({
      registrationId: `R${String(i).padStart(3, '0')}`,
      provinceCode: ['11', '32', '91'][i % 3] as string,
      track: i % 4 === 0 ? 'whitelist' : 'public',
      score: rule.order === 'lottery' ? null : i % 5,
      kkToken: rule.kk_cap === 0 ? null : (i % 15).toString(16).padStart(16, '0'),
      kkPrior: rule.kk_cap === 0 ? null : i % 7 === 0 ? 1 : 0,
    });
  }
}

/** Closes a batch into `dir`. @returns the SHA-256 of its commitment */
export async function close(dir: string, rule = capped, attempt = 1, previous: string | null = null): Promise<string> {
  await mkdir(dir, { recursive: true });
  const { sha256, size } = await writePool(dir, rule, poolLines(rule));
  const quotaSha256 = await writeQuota(dir, quota);
  return writeCommitment(dir, {
    attempt,
    batch: 4,
    beacon: 'manual:4',
    policy: rule,
    pool_sha256: sha256,
    pool_size: size,
    previous,
    quota_sha256: quotaSha256,
  });
}

/** Draws what is closed in `dir`, and sets the decree with two people of rank 2 and 5 and the waiting list's best removed. */
export async function drawInto(dir: string, beaconValue = '00ff'): Promise<void> {
  const { commitment, bytesWithoutLf } = await readCommitment(dir);
  const { pool } = await readPool(dir, commitment.policy);
  const seed = seedOf(bytesWithoutLf, beaconValue);
  const result = draw(pool, quota, commitment.policy, seed);
  await writeSeed(dir, { beacon_value: beaconValue, seed: hexText(seed) });
  await writeResult(dir, pool, result);
  const out = new Set(
    [1, 4, ...Array.from({ length: 9 }, (_, i) => result.selectedCount + i)].map((r) => result.entries[r]),
  );
  const screenedOut = (index: number) => (out.has(index) ? 'excluded_asn' : undefined);
  await writeDecree(dir, decreeLines(pool, result, commitment.policy, screenedOut));
}

/** A whole draw, N/ of a scratch directory. */
export async function wholeDraw(rule = capped): Promise<string> {
  const dir = join(await scratch(), '4');
  await close(dir, rule);
  await drawInto(dir);
  return dir;
}

/** Plants a change; it must be one. */
export async function plant(dir: string, name: keyof typeof drawFile, change: (text: string) => string): Promise<void> {
  const path = join(dir, drawFile[name]);
  const text = await readFile(path, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error('the planted change changes nothing');
  await writeFile(path, changed);
}
