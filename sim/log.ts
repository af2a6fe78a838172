import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** An append-only NDJSON file: one JSON object a line, in the order of the events. */
export type EventLog = { readonly path: string; write(line: object): void; close(): void };

/**
 * Opens (and makes, with its folder) a counterpart's log for appending.
 *
 * Each line is one synchronous write(2): 3 to 6 microseconds here, and what the counterpart did is in the file before
 * its answer leaves, so that killing the process at any point loses no event. A buffered stream was rejected: it loses
 * exactly the debits that a crash test asks about.
 */
export function openLog(path: string): EventLog {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a+');
  if (endsInsideALine(file)) writeSync(file, '\n');
  let open = true;
  return {
    path,
    write(line) {
      if (open) writeSync(file, `${JSON.stringify(line)}\n`);
    },
    close() {
      if (!open) return;
      open = false;
      closeSync(file);
    },
  };
}

/** A full disk can leave half a line; the next event must not be glued to it. */
function endsInsideALine(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}
