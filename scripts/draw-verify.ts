import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  checkText,
  checkTexts,
  type DrawSource,
  drawFile,
  isNote,
  type OfficeKey,
  type OnStep,
  type Sibling,
  type Verified,
  verifyDraw as verifyFrom,
} from '../workers/assignment/rules.ts';
import { absent } from './draw-files.ts';

const CHUNK_BYTES = 1 << 20;

/** What `verifyDraw` of workers/assignment found in a directory, `checked` as English sentences. */
export type VerifiedDirectory = Omit<Verified, 'checked'> & {
  readonly checked: readonly string[];
  /** What could not be checked, or must be known beside it. */
  readonly notes: readonly string[];
};

/**
 * Recomputes the draw in DIR from its files; other attempts are looked for in the directories beside it.
 * @param key the office's public key: then every step must be signed with it
 * @throws only when a file cannot be read at all
 */
export async function verifyDraw(dir: string, onStep?: OnStep, key?: OfficeKey): Promise<VerifiedDirectory> {
  const verified = await verifyFrom(directory(dir), onStep, key);
  const sentences = (note: boolean) =>
    verified.checked.filter((one) => isNote(one) === note).map((one) => checkText(checkTexts, one));
  return { ...verified, checked: sentences(false), notes: sentences(true) };
}

function directory(dir: string): DrawSource {
  return {
    read: async (name) => {
      const handle = await open(join(dir, name)).catch(absent);
      return handle?.createReadStream({ highWaterMark: CHUNK_BYTES });
    },
    size: async (name) => (await stat(join(dir, name)).catch(absent))?.size,
    siblings: () => siblingsOf(dir),
    sha256: () => {
      const hash = createHash('sha256');
      return { update: (bytes) => hash.update(bytes), hex: () => hash.digest('hex') };
    },
  };
}

/** What lies beside DIR and cannot be read is passed over: a draw may be verified in /tmp, among other people's directories. */
async function siblingsOf(dir: string): Promise<readonly Sibling[]> {
  const parent = dirname(resolve(dir));
  const siblings: Sibling[] = [];
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const commitment = await readFile(join(parent, name, drawFile.commitment)).catch(() => undefined);
    if (commitment === undefined) continue;
    const drawn = (await stat(join(parent, name, drawFile.seed)).catch(absent)) !== undefined;
    siblings.push({ name, commitment, drawn });
  }
  return siblings;
}
