import { exit, PrakerjaError } from '../../jobs/errors.ts';

const LF = 0x0a;
/** The longest line that any of the draw's files can hold is a result line: under 200 bytes. */
const MAX_LINE_BYTES = 1024;

/** A line of one of the draw's files is not as the contract says; the caller adds the file's name (exit 1). */
export class LineError extends PrakerjaError {
  /** Counted from 1. */
  readonly line: number;
  readonly detail: string;
  constructor(line: number, detail: string) {
    super(`line ${line}: ${detail}`, exit.failed);
    this.name = 'LineError';
    this.line = line;
    this.detail = detail;
  }
}

/** Sees a line as a range of bytes without its LF; the bytes are only valid during the call. */
export type OnLine = (bytes: Uint8Array, start: number, end: number, line: number) => void;

/**
 * Cuts a stream of bytes into lines, each ended by LF (contract, section 6), without making a string of any.
 * Twelve million lines go through in about a second; strings took six.
 */
export class LineSplitter {
  readonly #onLine: OnLine;
  readonly #carry = new Uint8Array(MAX_LINE_BYTES);
  #carried = 0;
  #lines = 0;

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  /** Whole lines seen so far. */
  get lines(): number {
    return this.#lines;
  }

  /** @throws LineError for a line over 1,024 bytes, and whatever the line's reader throws. */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, start)) {
      if (this.#carried > 0) {
        this.#keep(chunk, start, lf);
        const length = this.#carried;
        this.#carried = 0;
        this.#onLine(this.#carry, 0, length, ++this.#lines);
      } else {
        this.#onLine(chunk, start, lf, ++this.#lines);
      }
      start = lf + 1;
    }
    this.#keep(chunk, start, chunk.length);
  }

  /** @throws LineError when the last line is not ended by LF: the file was cut off. */
  finish(): void {
    if (this.#carried > 0) throw new LineError(this.#lines + 1, 'is not ended by LF');
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    if (this.#carried + end - start > MAX_LINE_BYTES) {
      throw new LineError(this.#lines + 1, `is over ${MAX_LINE_BYTES} bytes long`);
    }
    this.#carry.set(chunk.subarray(start, end), this.#carried);
    this.#carried += end - start;
  }
}

/**
 * A whole number written in the one way it can be: digits only, no leading zero, at most `max`.
 * @returns -1 for anything else
 */
export function parseWhole(bytes: Uint8Array, start: number, end: number, max: number): number {
  if (end <= start || (bytes[start] === 0x30 && end > start + 1)) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  return value;
}

/** Two digits as a number 0 to 99; -1 for anything else. For codes of two digits, bytewise order is numeric order. */
export function parseProvince(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 2) return -1;
  const tens = (bytes[start] as number) - 0x30;
  const ones = (bytes[start + 1] as number) - 0x30;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

/** "09" of 9. */
export function provinceCode(province: number): string {
  return String(province).padStart(2, '0');
}

/** ASCII bytes as text, for messages and ids. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

/**
 * A splitter that hands over lines as text. They must be ASCII: other bytes come as Latin-1, good enough to name them
 * in a message. A TextDecoder took 400 MB more for 800,000 lines in Chromium, whose strings of it are kept outside the
 * heap until the next great collection.
 */
export function textLines(read: (text: string, line: number) => void): LineSplitter {
  return new LineSplitter((bytes, start, end, line) => read(asciiText(bytes, start, end), line));
}

const HEX = '0123456789abcdef';

/** Lower-case hex of a range of bytes. */
export function hexText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    text += (HEX[byte >> 4] as string) + (HEX[byte & 15] as string);
  }
  return text;
}
