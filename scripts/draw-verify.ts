import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  type Commitment,
  type DecreeLine,
  type DrawResult,
  decreeLines,
  decreeLineText,
  draw,
  findInPool,
  hexText,
  LineError,
  LineSplitter,
  type Pool,
  type ProvinceQuota,
  parseCommitment,
  parseDecreeLine,
  ResultChecker,
  seedOf,
} from '../workers/assignment/rules.ts';
import {
  absent,
  drawFile,
  type ReadCommitment,
  readCommitment,
  readPool,
  readQuota,
  readSeed,
  readWhole,
} from './draw-files.ts';

export interface Verified {
  /** Everything that is there is right. */
  readonly ok: boolean;
  /** Whether the draw has taken place. */
  readonly drawn: boolean;
  /** What was found right, in the order it was checked: one sentence each. */
  readonly checked: readonly string[];
  /** The first difference, naming file and line. */
  readonly difference?: string;
}

/** Called before each longer step, for whoever shows progress. */
export type OnStep = (step: string) => void;

/** A difference between the files and what they must be. */
class Difference extends Error {}

/**
 * Recomputes a draw from its files and nothing else (contract, section 6): the commitment, the pool and the quota
 * against their hashes, the chain of earlier commitments, the seed, every line of the result, and the decree where
 * there is one. 12 million people: about a minute and 1.2 GB.
 *
 * Earlier attempts are looked for in the directories beside DIR (`N/`, `N-2/`, whatever their names): the one whose
 * commitment.json has the SHA-256 that `previous` names.
 * @throws only when a file cannot be read at all
 */
export async function verifyDraw(dir: string, onStep: OnStep = () => undefined): Promise<Verified> {
  const checked: string[] = [];
  try {
    const drawn = await verifySteps(dir, checked, onStep);
    return { ok: true, drawn, checked };
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    const drawn = (await readFile(join(dir, drawFile.seed)).catch(absent)) !== undefined;
    return { ok: false, drawn, checked, difference: error.message };
  }
}

async function verifySteps(dir: string, checked: string[], onStep: OnStep): Promise<boolean> {
  const committed = await inFile(drawFile.commitment, () => readCommitment(dir));
  const { commitment } = committed;
  checked.push(`${drawFile.commitment} is canonical: batch ${commitment.batch}, attempt ${commitment.attempt}`);
  onStep('reading the pool');
  const pool = await verifyPool(dir, commitment, checked);
  const quota = await verifyQuota(dir, commitment, checked);
  await verifyChain(dir, commitment, checked);
  const seed = await verifySeed(dir, committed, checked);
  if (seed === undefined) {
    checked.push('the draw has not taken place');
    return false;
  }
  onStep('drawing again');
  const result = draw(pool, quota, commitment.policy, seed);
  onStep('comparing the result');
  await inFile(drawFile.result, () => readWhole(join(dir, drawFile.result), new ResultChecker(pool, result)));
  checked.push(`${drawFile.result} has every line as drawn again: ${result.selectedCount} selected of ${pool.size}`);
  await verifyDecree(dir, pool, result, commitment, checked);
  return true;
}

async function verifyPool(dir: string, commitment: Commitment, checked: string[]): Promise<Pool> {
  const { pool, sha256 } = await inFile(drawFile.pool, () => readPool(dir, commitment.policy));
  same(sha256, commitment.pool_sha256, `${drawFile.pool}: SHA-256`, 'pool_sha256 committed to');
  if (pool.size !== commitment.pool_size) {
    throw new Difference(
      `${drawFile.commitment} line 1: pool_size is ${commitment.pool_size}, the pool holds ${pool.size}`,
    );
  }
  checked.push(`${drawFile.pool} is sorted, well formed and as committed: ${pool.size} people`);
  return pool;
}

async function verifyQuota(dir: string, commitment: Commitment, checked: string[]): Promise<readonly ProvinceQuota[]> {
  const { quota, sha256 } = await inFile(drawFile.quota, () => readQuota(dir));
  same(sha256, commitment.quota_sha256, `${drawFile.quota}: SHA-256`, 'quota_sha256 committed to');
  checked.push(`${drawFile.quota} is sorted, well formed and as committed: ${quota.length} provinces`);
  return quota;
}

/** Follows `previous` back to attempt 1. */
async function verifyChain(dir: string, commitment: Commitment, checked: string[]): Promise<void> {
  if (commitment.previous === null) return;
  const siblings = await siblingCommitments(dir);
  let current = commitment;
  while (current.previous !== null) {
    const wanted = { attempt: current.attempt - 1, batch: current.batch, sha256: current.previous };
    const found = siblings.find((sibling) => sibling.sha256 === wanted.sha256);
    if (found === undefined) throw new Difference(missingSibling(current, siblings));
    const name = `${found.name}/${drawFile.commitment}`;
    current = await inFile(name, async () => parseCommitment(found.text));
    if (current.batch !== wanted.batch || current.attempt !== wanted.attempt) {
      const is = `batch ${current.batch}, attempt ${current.attempt}`;
      throw new Difference(`${name} line 1: is ${is}, must be batch ${wanted.batch}, attempt ${wanted.attempt}`);
    }
    const drawnToo = (await stat(join(dirname(resolve(dir)), found.name, drawFile.seed)).catch(absent)) !== undefined;
    const also = drawnToo ? ', and was drawn too: ask why it was closed again' : '';
    checked.push(`attempt ${current.attempt} is in ${found.name}/, as the commitment after it names it${also}`);
  }
}

interface Sibling {
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

async function siblingCommitments(dir: string): Promise<readonly Sibling[]> {
  const parent = dirname(resolve(dir));
  const siblings: Sibling[] = [];
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const bytes = await readFile(join(parent, entry.name, drawFile.commitment)).catch(absent);
    if (bytes === undefined) continue;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    siblings.push({ name: entry.name, text: bytes.toString('utf8'), sha256 });
  }
  return siblings;
}

function missingSibling(current: Commitment, siblings: readonly Sibling[]): string {
  const attempt = current.attempt - 1;
  const start = `{"attempt":${attempt},"batch":${current.batch},`;
  const near = siblings.find((sibling) => sibling.text.startsWith(start));
  const instead = near
    ? `attempt ${attempt} in ${near.name}/${drawFile.commitment} has ${near.sha256}`
    : `no directory beside it holds attempt ${attempt} of batch ${current.batch}`;
  return `${drawFile.commitment} line 1: previous of attempt ${current.attempt} is ${current.previous}, but ${instead}`;
}

/** The seed, 32 bytes; undefined when the draw has not taken place. */
async function verifySeed(
  dir: string,
  { bytesWithoutLf }: ReadCommitment,
  checked: string[],
): Promise<Uint8Array | undefined> {
  const published = await inFile(drawFile.seed, () => readSeed(dir));
  if (published === undefined) {
    for (const name of [drawFile.result, drawFile.decree]) {
      const there = await stat(join(dir, name)).catch(absent);
      if (there !== undefined) throw new Difference(`${drawFile.seed}: is missing, although ${name} is there`);
    }
    return undefined;
  }
  const seed = seedOf(bytesWithoutLf, published.beacon_value);
  same(published.seed, hexText(seed), `${drawFile.seed} line 1: seed`, 'one computed again');
  checked.push(`${drawFile.seed} follows from the commitment and the beacon's value`);
  return seed;
}

/**
 * Computes the decree again from whom it removes, and compares it line by line. The reasons cannot be computed from
 * these files; that the removals lead to exactly these promotions can.
 */
async function verifyDecree(
  dir: string,
  pool: Pool,
  result: DrawResult,
  commitment: Commitment,
  checked: string[],
): Promise<void> {
  const path = join(dir, drawFile.decree);
  if ((await stat(path).catch(absent)) === undefined) return;
  const reasons = new Map<number, string>();
  await inFile(drawFile.decree, () =>
    readWhole(
      path,
      onText((text, line) => noteRemoval(pool, reasons, text, line)),
    ),
  );
  const expected = decreeLines(pool, result, commitment.policy, (index) => reasons.get(index));
  const compare = onText((text, line) => compareDecreeLine(expected.next().value ?? undefined, text, line));
  await inFile(drawFile.decree, async () => {
    await readWhole(path, compare);
    const missing = expected.next().value;
    if (missing)
      throw new LineError(compare.lines + 1, `is missing; it must be "${decreeLineText(missing).trimEnd()}"`);
  });
  checked.push(`${drawFile.decree} has every promotion as the waiting list says: ${reasons.size} removed`);
}

function noteRemoval(pool: Pool, reasons: Map<number, string>, text: string, line: number): void {
  const { registrationId, decision, reason } = parseDecreeLine(text, line);
  const index = findInPool(pool, registrationId);
  if (index === undefined) throw new LineError(line, `${registrationId} is not in the pool`);
  if (decision === 'removed') reasons.set(index, reason);
}

function compareDecreeLine(expected: DecreeLine | undefined, text: string, line: number): void {
  if (expected === undefined) throw new LineError(line, `is one too many: "${text}"`);
  const must = decreeLineText(expected).trimEnd();
  if (text !== must) throw new LineError(line, `is "${text}", must be "${must}"`);
}

function onText(read: (text: string, line: number) => void): LineSplitter {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return new LineSplitter((bytes, start, end, line) => read(decoder.decode(bytes.subarray(start, end)), line));
}

function same(found: string, must: string, where: string, what: string): void {
  if (found !== must) throw new Difference(`${where} is ${found}, the ${what} is ${must}`);
}

/** Runs one check and gives what it finds wrong the file's name. */
async function inFile<T>(name: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof LineError) throw new Difference(`${name} line ${error.line}: ${error.detail}`);
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Difference(`${name}: is missing`);
    throw error;
  }
}
