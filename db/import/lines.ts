import { isUtf8 } from 'node:buffer';

/** The longest line, and the longest record over several lines, in bytes without the line's end (contract, section 3). */
export const LINE_BYTES_MAX = 64 * 1024;
const LF = 10;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** A line as it stands in the file, without its LF; a CR before it is still there. Numbers count from 1. */
export interface Line {
  readonly line: number;
  readonly text: string;
  /** Why it cannot be used; `raw` then has its bytes (of an overlong one the first 64 KiB). */
  readonly fault?: string;
  readonly raw?: Buffer;
}

/** A line that cannot be used. */
export type BadLine = Line & { readonly fault: string };

export const lineFaults = {
  too_long: 'the line is over 64 KiB; only its beginning is kept here',
  not_utf8: 'not UTF-8',
  nul: 'contains a NUL',
} as const;

function tooLong(text: string): boolean {
  // UTF-8 takes one to three bytes per UTF-16 unit: hardly any line needs counting.
  return text.length * 3 > LINE_BYTES_MAX && Buffer.byteLength(withoutCr(text)) > LINE_BYTES_MAX;
}

/** The text of a line without the CR of a CRLF. */
export function withoutCr(text: string): string {
  return text.charCodeAt(text.length - 1) === 13 ? text.slice(0, -1) : text;
}

function badLine(line: number, raw: Buffer, fault: string): BadLine {
  // A copy: a slice would hold the whole block in memory.
  return { line, text: '', fault, raw: Buffer.from(raw.subarray(0, LINE_BYTES_MAX)) };
}

/** One line's bytes, without its LF, as text, or with what is wrong with it. */
export function lineOf(line: number, raw: Buffer): Line {
  if (raw.length > LINE_BYTES_MAX + 1) return badLine(line, raw, lineFaults.too_long);
  if (!isUtf8(raw)) return badLine(line, raw, lineFaults.not_utf8);
  if (raw.includes(0)) return badLine(line, raw, lineFaults.nul);
  const text = raw.toString('utf8');
  return tooLong(text) ? badLine(line, raw, lineFaults.too_long) : { line, text };
}

/** Splits whole lines (the last LF cut off). One look at the whole block instead of one per line: bad bytes are rare. */
function splitBlock(block: Buffer, first: number): Line[] {
  if (isUtf8(block) && !block.includes(0)) {
    const texts = block.toString('utf8').split('\n');
    return texts.map((text, i) =>
      tooLong(text) ? badLine(first + i, Buffer.from(text), lineFaults.too_long) : { line: first + i, text },
    );
  }
  const lines: Line[] = [];
  for (let at = 0; at <= block.length; ) {
    const end = block.indexOf(LF, at);
    const stop = end < 0 ? block.length : end;
    lines.push(lineOf(first + lines.length, block.subarray(at, stop)));
    at = stop + 1;
  }
  return lines;
}

/** Whole lines in one piece, without the last LF; `line` is the number of the first. */
export interface Block {
  readonly bytes: Buffer;
  readonly line: number;
}

/** Cuts bytes into lines, a block at a time. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line[]> {
  for await (const block of readBlocks(chunks)) yield 'fault' in block ? [block] : splitBlock(block.bytes, block.line);
}

/**
 * Cuts bytes into blocks of whole lines. Holds at most one read and one line of 64 KiB, whatever comes: of a longer line
 * the beginning is kept, as a line with a fault, and the rest let through.
 */
export async function* readBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Block | BadLine> {
  let carry: Buffer = Buffer.alloc(0);
  let next = 1;
  let draining = false;
  let start = true;
  for await (const chunk of chunks) {
    let block = chunk;
    if (draining) {
      const end = chunk.indexOf(LF);
      if (end < 0) continue;
      yield badLine(next++, carry, lineFaults.too_long);
      draining = false;
      block = chunk.subarray(end + 1);
    } else if (carry.length > 0) {
      block = Buffer.concat([carry, chunk]);
    }
    if (start && block.length < BOM.length) {
      carry = block;
      continue;
    }
    if (start && block.subarray(0, BOM.length).equals(BOM)) block = block.subarray(BOM.length);
    start = false;
    const last = block.lastIndexOf(LF);
    if (last >= 0) {
      const bytes = block.subarray(0, last);
      yield { bytes, line: next };
      next += countLines(bytes);
    }
    const rest = block.subarray(last + 1);
    draining = rest.length > LINE_BYTES_MAX + 1;
    carry = Buffer.from(draining ? rest.subarray(0, LINE_BYTES_MAX) : rest);
  }
  if (draining) yield badLine(next, carry, lineFaults.too_long);
  else if (carry.length > 0) yield { bytes: carry.at(-1) === LF ? carry.subarray(0, -1) : carry, line: next };
}

function countLines(bytes: Buffer): number {
  let lines = 1;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++;
  return lines;
}
