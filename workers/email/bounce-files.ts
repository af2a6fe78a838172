import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { isMbox, splitMbox } from './mbox.ts';

export interface RawMessage {
  /** Where it stands, for the person who looks it up: a file name, with the message's number in an mbox. */
  readonly source: string;
  readonly bytes: Uint8Array;
}

/**
 * The raw messages at a path: a Maildir (a folder with `new` or `cur`), any other folder of messages, an mbox, or one
 * message; files ending in `.gz` are unpacked.
 * @throws the error of node:fs when it cannot be read
 */
export async function* rawMessages(path: string): AsyncGenerator<RawMessage> {
  if ((await stat(path)).isDirectory()) yield* messagesInFolder(path);
  else yield* messagesInFile(path);
}

async function* messagesInFolder(path: string): AsyncGenerator<RawMessage> {
  const names = await readdir(path);
  const boxes = ['new', 'cur'].filter((box) => names.includes(box));
  for (const folder of boxes.length > 0 ? boxes.map((box) => join(path, box)) : [path]) {
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map((entry) => entry.name);
    for (const name of files.sort()) yield* messagesInFile(join(folder, name));
  }
}

async function* messagesInFile(path: string): AsyncGenerator<RawMessage> {
  if (!path.endsWith('.gz') && !isMbox(await firstBytes(path))) {
    yield { source: path, bytes: await readFile(path) };
    return;
  }
  const file = createReadStream(path);
  const stream: AsyncIterable<Uint8Array> = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  let number = 0;
  // Without "From " lines the whole file is one message: the splitter gives it back as it is.
  for await (const bytes of splitMbox(stream)) yield { source: `${path}#${++number}`, bytes };
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(5), 0, 5, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
