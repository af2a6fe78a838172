/** A bounce with the whole mail in it stays far below; what follows in a longer one is left out. */
const MESSAGE_BYTES_MAX = 16 << 20;
const LINE_FEED = 10;
const FROM = Buffer.from('From ');
const NEXT = Buffer.from('\nFrom ');
const QUOTED_FROM = /^>(>*From )/gm;

/** Whether bytes begin like an mbox; a single raw message begins with a header. */
export function isMbox(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, FROM.length)).equals(FROM);
}

/**
 * Splits an mbox stream into raw messages: each begins at a "From " line after an empty line (or at the start), and
 * that line is taken off; quoted ">From " lines are restored (mboxrd). At most one message is held in memory.
 */
export async function* splitMbox(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  let searched = 0;
  for await (const part of stream) {
    held = Buffer.concat([held, part]);
    for (let at = nextStart(held, searched); at !== -1; at = nextStart(held, 0)) {
      yield message(held.subarray(0, at));
      held = held.subarray(at + 1);
    }
    searched = Math.max(0, held.length - NEXT.length - 2);
  }
  if (held.length > 0) yield message(held);
}

/** Where the next "\nFrom " stands that follows an empty line; -1 when the end of the message is not there yet. */
function nextStart(held: Buffer, from: number): number {
  for (let at = held.indexOf(NEXT, from); at !== -1; at = held.indexOf(NEXT, at + 1)) {
    const before = held[at - 1];
    const emptyLine = before === LINE_FEED || (before === 13 && held[at - 2] === LINE_FEED);
    if (at > 0 && emptyLine) return at;
  }
  return -1;
}

function message(bytes: Buffer): Uint8Array {
  const lineEnd = bytes.indexOf(LINE_FEED);
  const body = isMbox(bytes) && lineEnd !== -1 ? bytes.subarray(lineEnd + 1) : bytes;
  const limited = body.subarray(0, MESSAGE_BYTES_MAX);
  return Buffer.from(limited.toString('latin1').replace(QUOTED_FROM, '$1'), 'latin1');
}
