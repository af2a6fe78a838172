import pg from 'pg';
import type { Database } from './connection.ts';

/** What sockets and names say when nobody is there. */
const UNREACHED = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** SQLSTATE: connection exceptions, a server that stops, crashed or starts, no connection left. */
const AWAY = /^(08...|57P0[123]|53300)$/;
/** What pg says without a code. */
const GONE = /^(Connection terminated|Client has encountered a connection error|timeout expired)/;

/** Whether an error says that a server is away: what was asked may succeed when it is back. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (UNREACHED.has(code) || AWAY.test(code))) return true;
  return GONE.test(error.message) || (error.cause !== undefined && isAway(error.cause));
}

const ANSWER_MS_MAX = 5000;

/** Runs one statement on a connection of its own: the pool's may all be busy, or hang. @throws when it cannot. */
export async function askOnce(url: string, text: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
    application_name: 'prakerja asks',
  });
  client.on('error', () => undefined); // a lost connection shows in the query that needs it
  try {
    await client.connect();
    await client.query(text, values);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Cancels what this pool has been running for a second or more, and transactions that are older than `seconds`: a
 * statement that is younger hands a chunk back. A cancelled transaction rolls back; its connection stays.
 */
export function cancelStatements({ url, name }: Database, seconds: number): Promise<void> {
  return askOnce(
    url,
    `select pg_cancel_backend(pid) from pg_stat_activity where application_name = $1 and state = 'active'
       and (xact_start < clock_timestamp() - make_interval(secs => $2) or query_start < clock_timestamp() - interval '1 second')`,
    [name, seconds],
  );
}
