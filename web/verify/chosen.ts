import { sha256 } from '@noble/hashes/sha2.js';
import { type DrawSource, drawFile, hexText, type Sibling } from '../../workers/assignment/rules.ts';

/** A file that the visitor has chosen, with its path from where they chose: "4-2/pool.csv", or only "pool.csv". */
export interface ChosenFile {
  readonly path: string;
  readonly file: File;
}

type Directories = ReadonlyMap<string, ReadonlyMap<string, File>>;

const KNOWN: ReadonlySet<string> = new Set(Object.values(drawFile));

function directoriesOf(files: readonly ChosenFile[]): Directories {
  const directories = new Map<string, Map<string, File>>();
  for (const { path, file } of files) {
    const cut = path.lastIndexOf('/');
    const directory = path.slice(0, Math.max(0, cut));
    const there = directories.get(directory) ?? new Map<string, File>();
    directories.set(directory, there.set(path.slice(cut + 1), file));
  }
  return directories;
}

/** The directories that hold a draw, those drawn first, the latest attempt first; without one, where any of its files are. */
export function drawsAmong(files: readonly ChosenFile[]): readonly string[] {
  const directories = directoriesOf(files);
  const holding = (wanted: (names: ReadonlyMap<string, File>) => boolean) =>
    [...directories].filter(([, names]) => wanted(names)).map(([directory]) => directory);
  const closed = holding((names) => names.has(drawFile.commitment));
  const isDrawn = (directory: string) => directories.get(directory)?.has(drawFile.seed) === true;
  if (closed.length > 0)
    return closed.sort(
      (a, b) => Number(isDrawn(b)) - Number(isDrawn(a)) || b.localeCompare(a, 'en', { numeric: true }),
    );
  return holding((names) => [...names.keys()].some((name) => KNOWN.has(name))).slice(0, 1);
}

/** The chosen files of one directory as a draw; the directories beside it are its siblings. */
export function chosenDraw(files: readonly ChosenFile[], directory: string): DrawSource {
  const directories = directoriesOf(files);
  const own = directories.get(directory) ?? new Map<string, File>();
  return {
    read: async (name) => {
      const file = own.get(name);
      return file && pieces(file);
    },
    size: async (name) => own.get(name)?.size,
    siblings: () => siblingsOf(directories, directory),
    sha256: () => {
      const hash = sha256.create();
      return { update: (bytes) => hash.update(bytes), hex: () => hexText(hash.digest()) };
    },
  };
}

async function siblingsOf(directories: Directories, own: string): Promise<readonly Sibling[]> {
  const siblings: Sibling[] = [];
  for (const [directory, names] of directories) {
    const commitment = names.get(drawFile.commitment);
    if (commitment === undefined || parentOf(directory) !== parentOf(own)) continue;
    const name = directory.slice(directory.lastIndexOf('/') + 1);
    const bytes = new Uint8Array(await commitment.arrayBuffer());
    siblings.push({ name, commitment: bytes, drawn: names.has(drawFile.seed) });
  }
  return siblings;
}

function parentOf(directory: string): string {
  return directory.slice(0, Math.max(0, directory.lastIndexOf('/')));
}

const PIECE_BYTES = 1 << 20;

/** The pieces of a file, each only good until the next is asked for. */
async function* pieces(file: File): AsyncGenerator<Uint8Array> {
  const reader = byteReader(file);
  if (reader) yield* filled(reader);
  else yield* sliced(file);
}

/** Undefined where the browser's files are no streams of bytes, as in Safari for years. */
function byteReader(file: File): ReadableStreamBYOBReader | undefined {
  try {
    return file.stream().getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
}

/** One buffer, filled again and again: for 12 million people 1.1 GB at the peak, with slices 1.5. */
async function* filled(reader: ReadableStreamBYOBReader): AsyncGenerator<Uint8Array> {
  let buffer = new ArrayBuffer(PIECE_BYTES);
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return;
      yield value;
      buffer = value.buffer;
    }
  } finally {
    await reader.cancel();
  }
}

async function* sliced(file: File): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += PIECE_BYTES)
    yield new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
}
