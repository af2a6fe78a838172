import pino from 'pino';

export type Log = pino.Logger;

/** Logs go to stderr as JSON lines, so that stdout stays free for `--json`. Ids and counts only, never personal data. */
export function createLog(level: string): Log {
  return pino({ level, base: { pid: process.pid } }, pino.destination({ fd: 2, sync: true }));
}
