import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { PrakerjaError, refuse } from '../../jobs/errors.ts';

/** One read of 1 MiB holds about 5,000 lines: large enough that the cost per read no longer shows. */
const READ_BYTES = 1024 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b];

/** A file on its way through the import. */
export interface Source {
  /** The content, decompressed, in pieces of any size. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Size of the file as it lies on the disk. */
  readonly bytes_total: number;
  /** Bytes of the file read so far. */
  bytesRead(): number;
  /** SHA-256 of the content, the same whether it comes compressed or not; complete once `chunks` has ended. */
  sha256(): string;
}

/** The name that may be stored and shown: without the folders above, which may say more than they should. */
export function sourceName(path: string): string {
  return path === '-' ? 'stdin' : basename(path);
}

function unreadable(path: string, error: unknown): PrakerjaError {
  if (error instanceof PrakerjaError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const why = code.startsWith('Z_') ? 'is a damaged or truncated .gz' : `cannot be read (${code})`;
  return refuse(`${sourceName(path)} ${why}; nothing was imported`);
}

async function isGzip(path: string): Promise<boolean> {
  if (path.endsWith('.gz')) return true;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === GZIP_MAGIC[0] && buffer[1] === GZIP_MAGIC[1];
  } finally {
    await file.close();
  }
}

/** The content of a file. `seen` is told how much of what lies on the disk was read. Streams end with the reader. */
async function* contentOf(path: string, gzip: boolean, seen: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  async function* watched(): AsyncGenerator<Buffer> {
    for await (const piece of file as AsyncIterable<Buffer>) {
      seen(piece.length);
      yield piece;
    }
  }
  try {
    if (!gzip) return yield* watched();
    const gunzip = createGunzip({ chunkSize: READ_BYTES });
    // Its errors come out of gunzip too, where we are reading.
    pipeline(watched, gunzip).catch(() => undefined);
    for await (const piece of gunzip as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    file.destroy();
  }
}

async function* hashed(content: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    hash.update(piece);
    yield piece;
  }
}

/**
 * Opens a file; `.gz` is known by its name or its first two bytes.
 * @throws exit 2 when it cannot be read, here or while `chunks` is read: a truncated .gz is found only at its end.
 */
export async function openSource(path: string): Promise<Source> {
  try {
    const { size } = await stat(path);
    const gzip = await isGzip(path);
    const hash = createHash('sha256');
    let bytes_read = 0;
    const seen = (bytes: number) => {
      bytes_read += bytes;
    };
    return {
      chunks: hashed(contentOf(path, gzip, seen), hash),
      bytes_total: size,
      bytesRead: () => bytes_read,
      sha256: () => hash.digest('hex'),
    };
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Writes standard input to a file, readable by its owner only, because a second look at quarantined lines needs one.
 * The caller deletes it.
 */
export async function spool(input: Readable, dir: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, `.stdin-${process.pid}-${Date.now()}`);
  await pipeline(input, createWriteStream(path, { mode: 0o600 }));
  return path;
}
