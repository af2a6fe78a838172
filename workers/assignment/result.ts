import { hexText, LineError, LineSplitter } from './lines.ts';
import { findInPool, type Pool, poolEntry, WHITELIST } from './pool.ts';
import { TICKET_BYTES } from './tickets.ts';

/** A draw, by rank: the first `selectedCount` are selected, the others are the waiting list in order. */
export interface DrawResult {
  /** Pool index by rank − 1; as long as the pool. */
  readonly entries: Uint32Array;
  readonly selectedCount: number;
  /** 32 bytes per entry, in pool order. */
  readonly tickets: Uint8Array;
}

const CHUNK_BYTES = 1 << 20;
/** 10 of rank, 64 of id, 2 of province, 9 of track, 64 of ticket, 12 of decision, 5 commas, LF. */
const RESULT_LINE_BYTES_MAX = 167;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const HEX = encoder.encode('0123456789abcdef');
const TRACKS = { whitelist: encoder.encode(',whitelist,'), public: encoder.encode(',public,') };
const DECISIONS = { selected: encoder.encode(',selected\n'), waiting: encoder.encode(',waiting_list\n') };
const COMMA = 0x2c;
const ZERO = 0x30;

/** Writes one line of result.csv with its LF at `at`. @returns where it ends */
function writeResultLine(out: Uint8Array, at: number, pool: Pool, result: DrawResult, rank: number): number {
  const index = result.entries[rank - 1] as number;
  let end = writeWhole(out, at, rank);
  out[end++] = COMMA;
  for (let i = pool.idOffsets[index] as number; i < (pool.idOffsets[index + 1] as number); i++) {
    out[end++] = pool.idBytes[i] as number;
  }
  const province = pool.province[index] as number;
  out[end++] = COMMA;
  out[end++] = ZERO + Math.floor(province / 10);
  out[end++] = ZERO + (province % 10);
  end = write(out, end, pool.track[index] === WHITELIST ? TRACKS.whitelist : TRACKS.public);
  for (let i = index * TICKET_BYTES; i < (index + 1) * TICKET_BYTES; i++) {
    const byte = result.tickets[i] as number;
    out[end++] = HEX[byte >> 4] as number;
    out[end++] = HEX[byte & 15] as number;
  }
  return write(out, end, rank <= result.selectedCount ? DECISIONS.selected : DECISIONS.waiting);
}

function write(out: Uint8Array, at: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text[i] as number;
  return at + text.length;
}

function writeWhole(out: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let bound = 10; bound <= value; bound *= 10) digits++;
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    out[i] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + digits;
}

/** Line `rank` of result.csv: `rank,registration_id,province_code,track,ticket,decision` and LF. */
function resultLine(pool: Pool, result: DrawResult, rank: number): string {
  const out = new Uint8Array(RESULT_LINE_BYTES_MAX);
  return decoder.decode(out.subarray(0, writeResultLine(out, 0, pool, result, rank)));
}

/** result.csv in pieces of about 1 MiB. A piece is overwritten by the next: write or hash it before asking again. */
export function* resultChunks(pool: Pool, result: DrawResult): Generator<Uint8Array> {
  const out = new Uint8Array(CHUNK_BYTES);
  let end = 0;
  for (let rank = 1; rank <= pool.size; rank++) {
    if (end > CHUNK_BYTES - RESULT_LINE_BYTES_MAX) {
      yield out.subarray(0, end);
      end = 0;
    }
    end = writeResultLine(out, end, pool, result, rank);
  }
  if (end > 0) yield out.subarray(0, end);
}

/** Compares a result.csv, in chunks of bytes, with the draw as recomputed, line by line. */
export class ResultChecker {
  readonly #expected = new Uint8Array(RESULT_LINE_BYTES_MAX);
  readonly #pool: Pool;
  readonly #result: DrawResult;
  readonly #splitter = new LineSplitter((bytes, start, end, line) => this.#check(bytes, start, end, line));

  constructor(pool: Pool, result: DrawResult) {
    this.#pool = pool;
    this.#result = result;
  }

  /** @throws LineError naming the first line that differs and what it must be */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  /** @throws LineError when lines are missing */
  finish(): void {
    this.#splitter.finish();
    const { lines } = this.#splitter;
    if (lines < this.#pool.size) {
      throw new LineError(
        lines + 1,
        `is missing; it must be "${resultLine(this.#pool, this.#result, lines + 1).trimEnd()}"`,
      );
    }
  }

  #check(bytes: Uint8Array, start: number, end: number, line: number): void {
    if (line > this.#pool.size) throw new LineError(line, `is one too many: the pool holds ${this.#pool.size}`);
    const length = writeResultLine(this.#expected, 0, this.#pool, this.#result, line) - 1;
    let same = length === end - start;
    for (let i = 0; same && i < length; i++) same = this.#expected[i] === bytes[start + i];
    if (same) return;
    const found = decoder.decode(bytes.subarray(start, end));
    throw new LineError(line, `is "${found}", must be "${decoder.decode(this.#expected.subarray(0, length))}"`);
  }
}

/** What the draw decided about one person. */
export interface Explained {
  readonly registrationId: string;
  readonly provinceCode: string;
  readonly track: 'whitelist' | 'public';
  /** 64 hex digits. */
  readonly ticket: string;
  readonly rank: number;
  readonly decision: 'selected' | 'waiting_list';
}

/** Ticket, rank and decision of a registration; undefined when it is not in the pool. */
export function explainEntry(pool: Pool, result: DrawResult, registrationId: string): Explained | undefined {
  const index = findInPool(pool, registrationId);
  if (index === undefined) return undefined;
  const rank = result.entries.indexOf(index) + 1;
  return {
    ...poolEntry(pool, index),
    ticket: hexText(result.tickets, index * TICKET_BYTES, (index + 1) * TICKET_BYTES),
    rank,
    decision: rank <= result.selectedCount ? 'selected' : 'waiting_list',
  };
}
