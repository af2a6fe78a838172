/** Output files, written in large pieces; memory stays flat because a full piece is awaited before more is made. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/**
 * Lines are joined to this size and then copied into bytes at once: longer strings outlive the young generation, and
 * collecting them took half of the time (12,000 registrations a second at 262,144 characters).
 */
const STRING_CHARS = 2_048;
const BUFFER_BYTES = 262_144;
/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const BYTES_PER_CHAR_MAX = 3;

export class OutputFile {
  readonly name: string;
  bytes = 0;
  #text: string;
  #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #used = 0;
  readonly #stream: WriteStream;

  /** `header` is the first line, without its end; NDJSON has none. */
  constructor(directory: string, name: string, header?: string) {
    this.name = name;
    this.#text = header === undefined ? '' : `${header}\n`;
    this.#stream = createWriteStream(join(directory, name), { highWaterMark: BUFFER_BYTES });
    // An error is thrown at the next write or at close; without a listener it would end the process.
    this.#stream.on('error', () => {});
  }

  /** Adds whole lines, each with its line feed. */
  add(lines: string): void {
    this.#text += lines;
    if (this.#text.length > STRING_CHARS) this.#encode();
  }

  #encode(): void {
    const needed = this.#used + this.#text.length * BYTES_PER_CHAR_MAX;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#used);
      this.#buffer = larger;
    }
    this.#used += this.#buffer.write(this.#text, this.#used, 'utf8');
    this.#text = '';
  }

  /** Whether it is worth while to flush. */
  get full(): boolean {
    return this.#used >= BUFFER_BYTES / 2;
  }

  /** Hands what was added to the disk and waits until it is there; the bytes are used again. */
  async flush(): Promise<void> {
    this.#encode();
    const piece = this.#buffer.subarray(0, this.#used);
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(piece, (error) => (error ? reject(error) : resolve()));
    });
    this.bytes += this.#used;
    this.#used = 0;
  }

  async close(): Promise<void> {
    await this.flush();
    this.#stream.end();
    await finished(this.#stream);
  }
}
