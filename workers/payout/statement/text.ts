import { TextDecoder } from 'node:util';
import { refuse } from '../../../jobs/errors.ts';
import type { ByteStream } from './statement.ts';
import { isOneByte } from './xml.ts';

/** However large the pieces are that a stream hands over, text comes in pieces of at most this size: memory stays flat. */
const PIECE_BYTES_MAX = 64 * 1024;

/**
 * Decodes a stream as UTF-8, without its byte order mark.
 * @throws exit 2 for bytes that are not UTF-8: replacing them would be guessing.
 */
export async function* utf8(stream: ByteStream): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const bytes of notUtf16(stream)) {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
      const text = decode(decoder, bytes.subarray(at, at + PIECE_BYTES_MAX));
      if (text !== '') yield text;
    }
  }
  const rest = decode(decoder, undefined);
  if (rest !== '') yield rest;
}

/** @throws exit 2 for what begins as UTF-16 does: with its byte order mark, or with a letter of two bytes */
export function requireNotUtf16(start: Uint8Array): void {
  const [first, second] = start;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isMarked || first === 0 || second === 0)
    throw refuse('the statement is in UTF-16, save it as UTF-8 and import it again');
}

async function* notUtf16(stream: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  let start: Uint8Array | null = new Uint8Array(0);
  for await (const bytes of stream) {
    if (start === null) {
      yield bytes;
      continue;
    }
    start = joined(start, bytes);
    if (start.length < 2) continue;
    requireNotUtf16(start);
    yield start;
    start = null;
  }
  if (start !== null && start.length > 0) yield start;
}

/** How many bytes a UTF-8 sequence has, by its first; 0: none begins so. */
function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Windows-1252 leaves five bytes without a meaning; decoders let them through as control characters. */
const NO_WINDOWS_1252 = /[\u0081\u008d\u008f\u0090\u009d]/;

/**
 * Decodes a stream as UTF-8, or as Windows-1252, in which older exports still write names. The first bytes beyond ASCII
 * decide for the whole file: one that is UTF-8 there and something else later is refused. Amounts, dates and references
 * are ASCII in both, so nothing that counts hangs on it.
 * @throws exit 2 for bytes that are neither
 */
export async function* utf8OrWindows(stream: ByteStream): AsyncGenerator<string, void, undefined> {
  let held: Uint8Array = new Uint8Array(0);
  let decided: ((stream: ByteStream) => AsyncGenerator<string, void, undefined>) | undefined;
  const rest = notUtf16(stream)[Symbol.asyncIterator]();
  while (decided === undefined) {
    const { value, done } = await rest.next();
    const bytes = done ? held : joined(held, value);
    const first = bytes.findIndex((byte) => byte >= 0x80);
    yield Buffer.from(first === -1 ? bytes : bytes.subarray(0, first)).toString('latin1');
    held = first === -1 ? new Uint8Array(0) : bytes.subarray(first);
    const wanted = sequenceLength(held[0] ?? 0);
    if (held.length > 0 && (held.length >= wanted || done))
      decided = wanted > 0 && isUtf8(held.subarray(0, wanted)) ? utf8 : windows;
    else if (done) return;
  }
  yield* decided(continued(held, rest));
}

/** An XML document says its encoding first, within as much. */
const DECLARATION_BYTES_MAX = 256;

/**
 * Decodes an XML document as it says itself: as UTF-8, or as Latin-1, of which Windows-1252 is the wider one.
 * @throws exit 2 for bytes that are not what it says
 */
export async function* xmlText(stream: ByteStream): AsyncGenerator<string, void, undefined> {
  const rest = notUtf16(stream)[Symbol.asyncIterator]();
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < DECLARATION_BYTES_MAX) {
    const { value, done } = await rest.next();
    if (done) break;
    start = joined(start, value);
  }
  const text = Buffer.from(start.subarray(0, DECLARATION_BYTES_MAX)).toString('latin1');
  yield* (isOneByte(text) ? windows : utf8)(continued(start, rest));
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.length === 0 ? right : Buffer.concat([left, right]);
}

async function* continued(held: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield held;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* windows(stream: ByteStream): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('windows-1252');
  for await (const bytes of stream) {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
      const text = decoder.decode(bytes.subarray(at, at + PIECE_BYTES_MAX), { stream: true });
      if (NO_WINDOWS_1252.test(text))
        throw refuse('the statement is neither UTF-8 nor Windows-1252; convert it and import it again');
      yield text;
    }
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch {
    throw refuse('the statement is not UTF-8; convert it and import it again');
  }
}
