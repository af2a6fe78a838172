import { type ExitCode, exit, PrakerjaError, refuse } from '../jobs/errors.ts';
import { isPersonName } from '../jobs/person.ts';
import { DAY_ENDS, isDate, parseInstant } from '../jobs/time.ts';
import { type Office, type OfficeOptions, openOffice } from '../workers/runtime/office.ts';

/** What a command came to: sentences for a person, one document for a program, and the exit code of the contract. */
export interface Report {
  readonly exitCode: ExitCode;
  /** Printed with --json, alone on stdout. */
  readonly json: unknown;
  /** Printed without it. */
  readonly lines: readonly string[];
  /** It has printed all there is to print. */
  readonly silent?: boolean;
  /** In whose name it was done, where that is asked. */
  readonly by?: Named;
}

/** A name, and whether it is known to be theirs. */
export interface Named {
  readonly name: string;
  readonly verified: boolean;
}

export interface GlobalOptions {
  readonly json?: boolean;
  readonly asOf?: string;
}

export function done(json: unknown, ...lines: string[]): Report {
  return { exitCode: exit.done, json, lines };
}

/** Done, but something needs a person (exit 3). */
export function needsPerson(json: unknown, ...lines: string[]): Report {
  return { exitCode: exit.needs_person, json, lines };
}

/** --as-of becomes every rule's "now": a time, or a date, meaning its last second in WIB. */
function applyAsOf(asOf: string | undefined): void {
  if (asOf === undefined) return;
  if (isDate(asOf)) process.env.PRAKERJA_NOW = `${asOf}T${DAY_ENDS}+07:00`;
  else if (parseInstant(asOf)) process.env.PRAKERJA_NOW = asOf;
  else throw refuse('--as-of must be a date (2020-09-15) or an ISO time with an offset');
}

/** Runs a command that needs the database, and closes everything whatever happens. */
export async function withOffice(
  body: (office: Office) => Promise<Report>,
  options: OfficeOptions = {},
): Promise<Report> {
  const office = await openOffice(options);
  try {
    return await body(office);
  } finally {
    await office.close();
  }
}

/** Runs a command to its end: prints its report, sets the exit code, turns errors into sentences. */
export async function main(options: GlobalOptions, command: () => Promise<Report>): Promise<void> {
  let report: Report;
  try {
    applyAsOf(options.asOf);
    report = await command();
  } catch (error) {
    report = reportOf(error);
    process.stderr.write(`${report.lines.join('\n')}\n`);
    report = { ...report, lines: [] };
  }
  if (report.silent) process.exitCode = report.exitCode;
  else if (options.json) process.stdout.write(`${JSON.stringify(documentOf(report))}\n`);
  else if (report.lines.length > 0) process.stdout.write(`${[...report.lines, ...unverified(report)].join('\n')}\n`);
  process.exitCode = report.exitCode;
}

function documentOf({ json, by }: Report): unknown {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  return by && isObject ? { ...json, verified: by.verified } : json;
}

function unverified({ by }: Report): string[] {
  return by && !by.verified && isPersonName(by.name)
    ? [`The name ${by.name} was not verified: there is no operator yet (prakerja operator add).`]
    : [];
}

function reportOf(error: unknown): Report {
  if (error instanceof PrakerjaError) {
    return { exitCode: error.exitCode, json: { error: error.message }, lines: [`prakerja: ${error.message}`] };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = process.env.LOG_LEVEL === 'debug' && error instanceof Error ? [String(error.stack)] : [];
  return {
    exitCode: exit.failed,
    json: { error: message },
    lines: [
      `prakerja: ${message}`,
      'Nothing that was committed is lost; run the command again (LOG_LEVEL=debug shows more).',
      ...stack,
    ],
  };
}
