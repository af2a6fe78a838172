import { PrakerjaError } from '../../jobs/errors.ts';

/** SQLSTATE classes that speak of a value: data exceptions, constraints, exceptions raised by our own triggers. */
const OF_A_VALUE = /^(22|23|P0)/;
/** What pg and Kysely say, without a code, when a connection is gone. */
const CONNECTION_GONE = /connection|terminated|timeout|not queryable|pool|driver/i;

/**
 * Whether a chunk failed for a reason of one of its records, which is found by halving the chunk, or for a reason of
 * the house (a connection, a disk, a configuration), which passes or is mended. A wrong guess costs a few smaller chunks.
 */
export function isOfARecord(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof PrakerjaError || error.name === 'AbortError') return false;
  const code = codeOf(error);
  if (code !== undefined) return OF_A_VALUE.test(code);
  return error.constructor !== Error || !CONNECTION_GONE.test(error.message);
}

/**
 * What a chunk says of its failure. PostgreSQL puts values of a row into `detail`, and into the message where a value
 * could not be read; so does JavaScript in a SyntaxError: of those only the kind and the place are told.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error was thrown';
  const quotesValues = error instanceof SyntaxError || codeOf(error)?.startsWith('22') === true;
  return (quotesValues ? `${error.name} ${codeOf(error) ?? ''} ${placeOf(error)}` : error.message).slice(0, 500);
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** The first line of ours in the stack, without the machine's path. */
function placeOf({ stack = '' }: Error): string {
  return /\b((?:workers|jobs|db)\/[\w./-]+:\d+)/.exec(stack)?.[1] ?? '';
}
