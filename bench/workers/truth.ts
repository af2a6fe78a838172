import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

/** What must come out, known from the nation's own files. */
export interface Truth {
  /** `registration_id,stage,outcome,reason` of dedupe, email and dukcapil, sorted. */
  readonly verdicts: readonly string[];
  /** How often the registry must be asked about NIKs that end in these four digits: all that its log tells of a NIK. */
  readonly calls: ReadonlyMap<string, number>;
}

export interface Counts {
  readonly passed: number;
  readonly rejected: number;
  readonly waiting: number;
  readonly parked: number;
}

const MEASURED = /^[^,]+,(?:dedupe|email|dukcapil),/;

/** Reads truth.csv and registrations.csv of a generated nation. */
export function readTruth(dir: string): Truth {
  const verdicts = linesOf(join(dir, 'truth.csv')).filter((line) => MEASURED.test(line));
  return { verdicts: verdicts.sort(), calls: callsOf(dir, verdicts) };
}

/** The verdicts of an export, in the form of the truth. */
export function exportedVerdicts(file: string): string[] {
  const verdicts = linesOf(file).filter((line) => MEASURED.test(line));
  return verdicts.map((line) => line.split(',', 4).join(',')).sort();
}

/** The outcomes at dukcapil. */
export function countsOf(verdicts: readonly string[]): Counts {
  const of = (outcome: string) => verdicts.filter((line) => line.includes(`,dukcapil,${outcome},`)).length;
  return { passed: of('passed'), rejected: of('rejected'), waiting: of('waiting'), parked: of('parked') };
}

/**
 * Each person is asked about once per question. Registrations with one NIK get there one after the other, and "not
 * found" answers for whoever comes after.
 */
function callsOf(dir: string, verdicts: readonly string[]): Map<string, number> {
  const reasons = new Map<string, string>();
  for (const line of verdicts) {
    const [id = '', stage, , reason = ''] = line.split(',');
    if (stage === 'dukcapil' && reason !== 'nik_format') reasons.set(id, reason);
  }
  const questions = new Map<string, Set<string>>();
  const rows = parse(readFileSync(join(dir, 'registrations.csv')), { columns: true }) as Record<string, string>[];
  for (const { registration_id = '', nik = '', kk_number, birth_date } of rows) {
    const reason = reasons.get(registration_id);
    if (reason === undefined) continue;
    const asked = questions.get(nik) ?? new Set();
    questions.set(nik, asked.add(reason === 'nik_not_found' ? '' : `${kk_number} ${birth_date}`));
  }
  const calls = new Map<string, number>();
  for (const [nik, { size }] of questions) calls.set(nik.slice(-4), (calls.get(nik.slice(-4)) ?? 0) + size);
  return calls;
}

/** One line of the simulator's log. */
export interface Call {
  readonly at_us: number;
  readonly nik_last4: string;
}

/** Reads the simulator's own account of the calls that came in. */
export function readCalls(file: string): Call[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Call);
}

/** The most calls in any second that begins with one of them, as the simulator saw them arrive. */
export function worstSecond(calls: readonly Call[]): number {
  const SECOND_US = 1_000_000;
  const at = calls.map(({ at_us }) => at_us).sort((a, b) => a - b);
  let [worst, end] = [0, 0];
  for (const [begin, from] of at.entries()) {
    while ((at[end] ?? Number.POSITIVE_INFINITY) < from + SECOND_US) end++;
    worst = Math.max(worst, end - begin);
  }
  return worst;
}

/** What is wrong with a run's verdicts and calls; empty when nothing is. */
export function faultsOf(truth: Truth, verdicts: readonly string[], calls: readonly Call[]): string[] {
  const faults: string[] = [];
  const known = new Set(truth.verdicts);
  const found = new Set(verdicts);
  const wrong = verdicts.filter((line) => !known.has(line));
  const missing = truth.verdicts.filter((line) => !found.has(line));
  if (wrong.length > 0) faults.push(`${wrong.length} verdicts are not the truth's, the first: ${wrong[0]}`);
  if (missing.length > 0) faults.push(`${missing.length} verdicts of the truth are missing, the first: ${missing[0]}`);
  if (found.size !== verdicts.length) faults.push(`${verdicts.length - found.size} verdicts stand twice`);
  const asked = new Map<string, number>();
  for (const { nik_last4 } of calls) asked.set(nik_last4, (asked.get(nik_last4) ?? 0) + 1);
  const endings = [...new Set([...truth.calls.keys(), ...asked.keys()])];
  const differing = (sign: 1 | -1) =>
    endings.filter((end) => sign * ((asked.get(end) ?? 0) - (truth.calls.get(end) ?? 0)) > 0).length;
  if (differing(1) > 0) faults.push(`NIKs with ${differing(1)} endings were asked about more often than they should`);
  if (differing(-1) > 0) faults.push(`NIKs with ${differing(-1)} endings were asked about less often than they should`);
  return faults;
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
}

/**
 * The spread of delays from a moment to its call's arrival, in ms, as the log alone shows it: how far a call came in
 * after its place in the row of moments, against a later one that came on time. A lower bound of J.
 */
export function spreadOf(calls: readonly Call[], gap_ms: number): number {
  const sorted = calls.map(({ at_us }) => at_us / 1000).sort((a, b) => a - b);
  let [latest, spread] = [Number.NEGATIVE_INFINITY, 0];
  for (const [n, at_ms] of sorted.entries()) {
    const delay_ms = at_ms - n * gap_ms;
    latest = Math.max(latest, delay_ms);
    spread = Math.max(spread, latest - delay_ms);
  }
  return spread;
}
