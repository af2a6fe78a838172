import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { refuse } from '../jobs/errors.ts';

/**
 * What a file is, for ever: two with the same bytes are one.
 * @param what it should be, for whoever named another
 * @returns its SHA-256, in hexadecimal
 * @throws exit 2 when there is none, it is a directory, or cannot be read
 */
export async function hashOfFile(what: string, path: string): Promise<string> {
  const unreadable = () => refuse(`the ${what} ${path} cannot be read`);
  const found = await stat(path).catch(() => undefined);
  if (!found || found.isDirectory()) throw unreadable();
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch {
    throw unreadable();
  }
  return hash.digest('hex');
}
