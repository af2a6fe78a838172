import { once } from 'node:events';
import type pg from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';

/** COPY is fed in pieces of this many characters; smaller ones cost a write each. */
const PIECE_CHARS = 256 * 1024;
const SPECIAL = /[\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A value in COPY's text format. */
export function copyValue(value: string | null): string {
  if (value === null) return '\\N';
  return SPECIAL.test(value) ? value.replace(/[\\\n\r\t]/g, (char) => ESCAPES[char] ?? char) : value;
}

/** Feeds rows in COPY's text format to a table. Between `end` and the next `write` the connection is free for queries. */
export class CopyWriter {
  readonly #client: pg.ClientBase;
  readonly #command: string;
  #stream: CopyStreamQuery | undefined;
  #error: Error | undefined;
  #piece = '';

  constructor(client: pg.ClientBase, command: string) {
    this.#client = client;
    this.#command = command;
  }

  /** Adds rows, each ended by a line end. True: `flush` is due. */
  add(row: string): boolean {
    this.#piece += row;
    return this.#piece.length >= PIECE_CHARS;
  }

  async flush(): Promise<void> {
    if (this.#piece === '') return;
    const bytes = Buffer.from(this.#piece);
    this.#piece = '';
    await this.write(bytes);
  }

  /** Rows as bytes, each ended by a line end; they must not be changed afterwards. */
  async write(rows: Buffer): Promise<void> {
    this.#stream ??= this.#begin();
    if (this.#error) throw this.#error;
    if (!this.#stream.write(rows)) await once(this.#stream, 'drain');
  }

  async end(): Promise<void> {
    await this.flush();
    if (!this.#stream) return;
    const stream = this.#stream;
    this.#stream = undefined;
    stream.end();
    if (this.#error) throw this.#error;
    if (!stream.writableFinished) await once(stream, 'finish');
  }

  #begin(): CopyStreamQuery {
    const stream = this.#client.query(copyFrom(this.#command));
    stream.on('error', (error) => {
      this.#error ??= error;
    });
    return stream;
  }
}
