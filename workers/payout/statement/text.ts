import { TextDecoder } from 'node:util';
import { refuse } from '../../../jobs/errors.ts';
import type { ByteStream } from './statement.ts';

/** However large the pieces are that a stream hands over, text comes in pieces of at most this size: memory stays flat. */
const PIECE_BYTES_MAX = 64 * 1024;

/**
 * Decodes a stream as UTF-8, without its byte order mark.
 * @throws exit 2 for bytes that are not UTF-8: replacing them would be guessing.
 */
export async function* utf8(stream: ByteStream): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const bytes of stream) {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
      const text = decode(decoder, bytes.subarray(at, at + PIECE_BYTES_MAX));
      if (text !== '') yield text;
    }
  }
  const rest = decode(decoder, undefined);
  if (rest !== '') yield rest;
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch {
    throw refuse('the statement is not UTF-8; convert it and import it again');
  }
}
