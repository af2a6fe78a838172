import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refuse } from '../jobs/errors.ts';
import {
  type Check,
  type Commitment,
  commitmentText,
  type DecreeLine,
  type DrawResult,
  type DrawRule,
  type DrawSeed,
  decreeLineText,
  drawFile,
  LineError,
  type Pool,
  PoolBuilder,
  type ProvinceQuota,
  parseCommitment,
  parseSeed,
  poolHint,
  QuotaReader,
  quotaCsv,
  resultChunks,
  seedText,
} from '../workers/assignment/rules.ts';

export { drawFile };

const CHUNK_BYTES = 1 << 20;
/** Text or bytes of a file in any pieces; a piece is used up before the next is asked for. */
export type Pieces = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** Mode of a file that holds names, NIKs or account numbers: nobody's but its owner's. */
export const PRIVATE_FILE = 0o600;
const PUBLIC_FILE = 0o644;

/**
 * Writes a file so that under its name there is only ever the whole of it: to `NAME.part`, fsync, rename, fsync of the
 * directory. An error, of the check too, removes the part; after a crash the next try overwrites it.
 * @returns its SHA-256 in lower-case hex, as sha256sum prints it
 */
export async function writeWhole(
  path: string,
  pieces: Pieces,
  { check, mode = PUBLIC_FILE }: { check?: Check; mode?: number } = {},
): Promise<string> {
  const part = `${path}.part`;
  const handle = await open(part, 'w', mode);
  try {
    const sha256 = await writePieces(handle, pieces, check);
    check?.finish();
    await handle.sync();
    await handle.close();
    await rename(part, path);
    await syncDirectory(dirname(path));
    return sha256;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

async function writePieces(handle: FileHandle, pieces: Pieces, check: Check | undefined): Promise<string> {
  const hash = createHash('sha256');
  const put = async (chunk: Uint8Array) => {
    check?.push(chunk);
    hash.update(chunk);
    await handle.appendFile(chunk);
  };
  let text = '';
  for await (const piece of pieces) {
    if (typeof piece === 'string') text += piece;
    if (text.length >= CHUNK_BYTES || (typeof piece !== 'string' && text !== '')) {
      await put(Buffer.from(text));
      text = '';
    }
    if (typeof piece !== 'string') await put(piece);
  }
  if (text !== '') await put(Buffer.from(text));
  return hash.digest('hex');
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Streams a file through a check. @returns its SHA-256 in lower-case hex */
export async function readWhole(path: string, check?: Check): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk as Buffer);
    check?.push(chunk as Buffer);
  }
  check?.finish();
  return hash.digest('hex');
}

/**
 * Writes pool.csv from its lines in order: `poolLine` of each, or what COPY gives, cut anywhere. What is written goes
 * through the reader that verifies it later, so a pool that somebody could find fault with never gets its name.
 * Hand over thousands of lines in one piece: one by one, waiting for the next takes longer than writing it.
 * @throws LineError naming the line
 */
export async function writePool(
  dir: string,
  rule: DrawRule,
  pieces: Pieces,
): Promise<{ readonly sha256: string; readonly size: number }> {
  const builder = new PoolBuilder(rule);
  const sha256 = await writeWhole(join(dir, drawFile.pool), pieces, { check: builder });
  return { sha256, size: builder.size };
}

/** What `writePool` would write, without writing it. @throws LineError naming the line */
export async function measurePool(
  rule: DrawRule,
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash('sha256');
  const builder = new PoolBuilder(rule);
  for await (const piece of pieces) {
    hash.update(piece);
    builder.push(piece);
  }
  builder.finish();
  return { sha256: hash.digest('hex'), size: builder.size };
}

/** @throws LineError naming the line */
export async function readPool(dir: string, rule: DrawRule): Promise<{ readonly pool: Pool; readonly sha256: string }> {
  const path = join(dir, drawFile.pool);
  const { size } = await stat(path);
  const builder = new PoolBuilder(rule, poolHint(size));
  const sha256 = await readWhole(path, builder);
  return { pool: builder.finish(), sha256 };
}

/** Writes quota.csv, sorted. @returns its SHA-256 @throws LineError for seats or a code that cannot be */
export async function writeQuota(dir: string, quota: readonly ProvinceQuota[]): Promise<string> {
  return writeWhole(join(dir, drawFile.quota), [quotaCsv(quota)]);
}

/** @throws LineError naming the line */
export async function readQuota(
  dir: string,
): Promise<{ readonly quota: readonly ProvinceQuota[]; readonly sha256: string }> {
  const reader = new QuotaReader();
  const sha256 = await readWhole(join(dir, drawFile.quota), reader);
  return { quota: reader.finish(), sha256 };
}

/**
 * Writes commitment.json, last of the three files of a closing: where it is, the others are.
 * @returns the SHA-256 of the whole file: `previous` of the next attempt
 */
export async function writeCommitment(dir: string, commitment: Commitment): Promise<string> {
  const text = commitmentText(commitment);
  parseCommitment(text);
  return writeWhole(join(dir, drawFile.commitment), [text]);
}

export interface ReadCommitment {
  readonly commitment: Commitment;
  /** What the seed is computed from. */
  readonly bytesWithoutLf: Uint8Array;
  /** Of the whole file. */
  readonly sha256: string;
}

/** @throws LineError when it is not canonical */
export async function readCommitment(dir: string): Promise<ReadCommitment> {
  const bytes = await readFile(join(dir, drawFile.commitment));
  return {
    commitment: parseCommitment(utf8(bytes)),
    bytesWithoutLf: bytes.subarray(0, -1),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

/**
 * Writes seed.json before result.csv, so that a crash between them leaves a draw that only the same value can finish.
 * @throws exit 2 when the batch was drawn with another value: a draw is never overwritten
 */
export async function writeSeed(dir: string, seed: DrawSeed): Promise<void> {
  const path = join(dir, drawFile.seed);
  const there = await readFile(path, 'utf8').catch(absent);
  if (there === seedText(seed)) return;
  if (there !== undefined) throw refuse(`${path} is there with another beacon value; a draw is never overwritten`);
  await writeWhole(path, [seedText(seed)]);
}

/** seed.json; undefined when the draw has not taken place. @throws LineError */
export async function readSeed(dir: string): Promise<DrawSeed | undefined> {
  const bytes = await readFile(join(dir, drawFile.seed)).catch(absent);
  return bytes === undefined ? undefined : parseSeed(utf8(bytes));
}

/** Writes result.csv. @returns its SHA-256 */
export async function writeResult(dir: string, pool: Pool, result: DrawResult): Promise<string> {
  return writeWhole(join(dir, drawFile.result), resultChunks(pool, result));
}

/** Writes decree.csv from `decreeLines`. @returns its SHA-256 */
export async function writeDecree(dir: string, lines: Iterable<DecreeLine>): Promise<string> {
  const text = function* () {
    for (const line of lines) yield decreeLineText(line);
  };
  return writeWhole(join(dir, drawFile.decree), text());
}

/** @throws LineError for bytes that are not UTF-8; a BOM stays, and is no JSON */
function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new LineError(1, 'is not UTF-8');
  }
}

/** For `.catch`: undefined when a file is not there. */
export function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
