import { LineError, LineSplitter, parseWhole } from './lines.ts';
import { type Pool, registrationIdOf } from './pool.ts';
import type { DrawResult } from './result.ts';

const COMMA = 0x2c;

/** Reads `registration_id,reg` in the order of a pool, in chunks of bytes: under which number the office keeps each entry. */
export class NumbersReader {
  readonly #pool: Pool;
  /** Whole numbers below 2^53. */
  readonly #numbers: Float64Array;
  readonly #splitter = new LineSplitter((bytes, start, end, line) => this.#read(bytes, start, end, line));

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#numbers = new Float64Array(pool.size);
  }

  /** @throws LineError when an entry is another than the pool's */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  /** By index in the pool. @throws LineError when some are missing */
  finish(): Float64Array {
    this.#splitter.finish();
    const { lines } = this.#splitter;
    if (lines < this.#pool.size)
      throw new LineError(lines + 1, 'is missing: the office knows fewer people than the pool');
    return this.#numbers;
  }

  #read(bytes: Uint8Array, start: number, end: number, line: number): void {
    const comma = bytes.lastIndexOf(COMMA, end - 1);
    if (!this.#isOf(bytes, start, comma, line - 1))
      throw new LineError(line, 'is another person than in the pool, or one too many');
    const number = parseWhole(bytes, comma + 1, end, Number.MAX_SAFE_INTEGER);
    if (number < 0) throw new LineError(line, `the number of ${registrationIdOf(this.#pool, line - 1)} cannot be read`);
    this.#numbers[line - 1] = number;
  }

  #isOf(bytes: Uint8Array, start: number, end: number, index: number): boolean {
    const { idBytes, idOffsets, size } = this.#pool;
    const offset = idOffsets[index] as number;
    if (index >= size || end - start !== (idOffsets[index + 1] as number) - offset) return false;
    for (let i = 0; i < end - start; i++) if (bytes[start + i] !== idBytes[offset + i]) return false;
    return true;
  }
}

const LINES_AT_ONCE = 20_000;
const encoder = new TextEncoder();

/** A draw as the office's table has it, in pieces: `batch,rank,reg,decision` and LF, by rank. */
export function* selectionChunks(batch: number, result: DrawResult, numbers: Float64Array): Generator<Uint8Array> {
  const { entries, selectedCount } = result;
  for (let from = 0; from < entries.length; from += LINES_AT_ONCE) {
    let text = '';
    for (let i = from; i < Math.min(entries.length, from + LINES_AT_ONCE); i++)
      text += `${batch},${i + 1},${numbers[entries[i] as number]},${i < selectedCount ? 'selected' : 'waiting_list'}\n`;
    yield encoder.encode(text);
  }
}
