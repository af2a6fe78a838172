import { asciiText, LineError, LineSplitter, parseProvince, parseWhole } from './lines.ts';
import { compareBytes, type DrawRule, type Pool, PUBLIC, WHITELIST } from './pool.ts';

const ID_BYTES_MAX = 64;
/** Layer 3 gives 0 to 100; `waited_batch` points come on top at closing, so that 100 is no limit here. */
const SCORE_MAX = 10_000;
const KK_PRIOR_MAX = 65_535;
const FIELDS = 6;
const COMMA = 0x2c;
const FIRST_CAPACITY = 1024;
const encoder = new TextEncoder();

const IN_ID = new Uint8Array(256);
for (const byte of encoder.encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-')) IN_ID[byte] = 1;

/** How large the pool may become, to avoid growing: memory that is not used is not touched, so guess high. */
export interface PoolHint {
  readonly entries?: number;
  readonly idBytes?: number;
}

/**
 * Reads pool.csv, in chunks of bytes (`push`, then `finish`) or line by line (`addLine`, then `finish`), and refuses
 * every line that is not exactly as contract section 6 has it: six fields; ids strictly ascending bytewise; a province
 * of two digits; score present exactly when the order uses it; kk_token and kk_prior exactly when kk_cap is not 0.
 *
 * ```ts
 * const builder = new PoolBuilder({ whitelist_share: '0.8', order: 'lottery', kk_cap: 0 });
 * builder.push(encoder.encode('R-1,32,whitelist,,,\n'));
 * const pool = builder.finish();
 * ```
 */
export class PoolBuilder {
  readonly #scored: boolean;
  readonly #capped: boolean;
  readonly #splitter: LineSplitter;
  readonly #commas = new Uint32Array(FIELDS + 1);
  #size = 0;
  #idBytes: Uint8Array;
  #idOffsets: Uint32Array;
  #province: Uint8Array;
  #track: Uint8Array;
  #score: Uint16Array;
  #kkHigh: Uint32Array;
  #kkLow: Uint32Array;
  #kkPrior: Uint16Array;

  constructor(rule: DrawRule, hint: PoolHint = {}) {
    this.#scored = rule.order === 'score_then_lottery';
    this.#capped = rule.kk_cap > 0;
    const entries = hint.entries ?? FIRST_CAPACITY;
    this.#idBytes = new Uint8Array(hint.idBytes ?? FIRST_CAPACITY);
    this.#idOffsets = new Uint32Array(entries + 1);
    this.#province = new Uint8Array(entries);
    this.#track = new Uint8Array(entries);
    this.#score = new Uint16Array(this.#scored ? entries : 0);
    this.#kkHigh = new Uint32Array(this.#capped ? entries : 0);
    this.#kkLow = new Uint32Array(this.#capped ? entries : 0);
    this.#kkPrior = new Uint16Array(this.#capped ? entries : 0);
    this.#splitter = new LineSplitter((bytes, start, end) => this.#read(bytes, start, end));
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of the file as they come; lines may be cut anywhere. @throws LineError */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  /** One line without its LF. @throws LineError */
  addLine(line: string): void {
    const bytes = encoder.encode(line);
    this.#read(bytes, 0, bytes.length);
  }

  /** The pool; the builder must not be used after it. @throws LineError when the last line is not ended by LF */
  finish(): Pool {
    this.#splitter.finish();
    return {
      size: this.#size,
      idBytes: this.#idBytes,
      idOffsets: this.#idOffsets,
      province: this.#province,
      track: this.#track,
      score: this.#score,
      kkHigh: this.#kkHigh,
      kkLow: this.#kkLow,
      kkPrior: this.#kkPrior,
    };
  }

  #read(bytes: Uint8Array, start: number, end: number): void {
    this.#findFields(bytes, start, end);
    if (this.#size === this.#province.length) this.#growEntries();
    const commas = this.#commas;
    this.#readId(bytes, start, commas[1] as number);
    const province = parseProvince(bytes, (commas[1] as number) + 1, commas[2] as number);
    if (province < 0) this.#refuse('province_code is not two digits');
    this.#province[this.#size] = province;
    this.#track[this.#size] = this.#readTrack(bytes, (commas[2] as number) + 1, commas[3] as number);
    this.#readScore(bytes, (commas[3] as number) + 1, commas[4] as number);
    this.#readHousehold(bytes, (commas[4] as number) + 1, commas[5] as number, end);
    this.#size++;
  }

  /** Field f begins one after commas[f] and ends before commas[f + 1]. */
  #findFields(bytes: Uint8Array, start: number, end: number): void {
    let found = 0;
    for (let i = start; i < end; i++) {
      if (bytes[i] !== COMMA) continue;
      found++;
      if (found < FIELDS) this.#commas[found] = i;
    }
    if (found !== FIELDS - 1) this.#refuse(`has ${found + 1} fields, not ${FIELDS}`);
  }

  #readId(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length < 1 || length > ID_BYTES_MAX) this.#refuse('registration_id is not 1 to 64 characters long');
    const offset = this.#idOffsets[this.#size] as number;
    if (offset + length > this.#idBytes.length) this.#idBytes = grown(this.#idBytes, Uint8Array, ID_BYTES_MAX);
    const ids = this.#idBytes;
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i] as number;
      if (IN_ID[byte] === 0) this.#refuse('registration_id holds a character other than A-Z a-z 0-9 . _ -');
      ids[offset + i] = byte;
    }
    this.#idOffsets[this.#size + 1] = offset + length;
    if (this.#size === 0) return;
    const previous = this.#idOffsets[this.#size - 1] as number;
    const difference = compareBytes(ids, previous, offset, ids, offset, offset + length);
    if (difference === 0) this.#refuse(`registration_id ${asciiText(bytes, start, end)} is there twice`);
    if (difference > 0) this.#refuse(`registration_id ${asciiText(bytes, start, end)} is not in bytewise order`);
  }

  #readTrack(bytes: Uint8Array, start: number, end: number): number {
    const text = asciiText(bytes, start, Math.min(end, start + 10));
    if (text === 'public') return PUBLIC;
    return text === 'whitelist' ? WHITELIST : this.#refuse('track is neither whitelist nor public');
  }

  #readScore(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#scored) {
      if (end !== start) this.#refuse('score is not empty although the order does not use it');
      return;
    }
    const score = parseWhole(bytes, start, end, SCORE_MAX);
    if (score < 0) this.#refuse(`score is not a whole number from 0 to ${SCORE_MAX}`);
    this.#score[this.#size] = score;
  }

  #readHousehold(bytes: Uint8Array, start: number, comma: number, end: number): void {
    if (!this.#capped) {
      if (end !== start + 1) this.#refuse('kk_token and kk_prior are not empty although kk_cap is 0');
      return;
    }
    const high = comma - start === 16 ? parseHex8(bytes, start) : -1;
    const low = high < 0 ? -1 : parseHex8(bytes, start + 8);
    if (low < 0) this.#refuse('kk_token is not 16 lower-case hex digits');
    const prior = parseWhole(bytes, comma + 1, end, KK_PRIOR_MAX);
    if (prior < 0) this.#refuse(`kk_prior is not a whole number from 0 to ${KK_PRIOR_MAX}`);
    this.#kkHigh[this.#size] = high;
    this.#kkLow[this.#size] = low;
    this.#kkPrior[this.#size] = prior;
  }

  #growEntries(): void {
    this.#idOffsets = grown(this.#idOffsets, Uint32Array);
    this.#province = grown(this.#province, Uint8Array);
    this.#track = grown(this.#track, Uint8Array);
    if (this.#scored) this.#score = grown(this.#score, Uint16Array);
    if (!this.#capped) return;
    this.#kkHigh = grown(this.#kkHigh, Uint32Array);
    this.#kkLow = grown(this.#kkLow, Uint32Array);
    this.#kkPrior = grown(this.#kkPrior, Uint16Array);
  }

  #refuse(detail: string): never {
    throw new LineError(this.#size + 1, detail);
  }
}

/** The same column with room for at least twice as much. */
function grown<T extends Uint8Array | Uint16Array | Uint32Array>(
  column: T,
  make: new (length: number) => T,
  atLeast = FIRST_CAPACITY,
): T {
  const larger = new make(column.length * 2 + atLeast);
  larger.set(column);
  return larger;
}

function parseHex8(bytes: Uint8Array, start: number): number {
  let value = 0;
  for (let i = start; i < start + 8; i++) {
    const byte = bytes[i] as number;
    const digit = byte >= 0x61 ? byte - 0x57 : byte - 0x30;
    if (digit < 0 || digit > 15 || (byte > 0x39 && byte < 0x61)) return -1;
    value = value * 16 + digit;
  }
  return value;
}
