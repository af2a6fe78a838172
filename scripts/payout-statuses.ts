import { createReadStream } from 'node:fs';
import { openOrReopen } from '../db/breaks.ts';
import type { Tx } from '../db/connection.ts';
import {
  isNewReport,
  lockOrders,
  type StatusRow,
  stageStatuses,
  statusRows,
  strangerIn,
  takeStatuses,
} from '../db/file-statuses.ts';
import { holdContradicted } from '../db/order-news.ts';
import { writtenFile } from '../db/payout-files.ts';
import { fail, PrakerjaError, refuse } from '../jobs/errors.ts';
import { runOfFile } from '../jobs/file-ids.ts';
import { wibDate } from '../jobs/time.ts';
import {
  type FileOutcome,
  type FileStatus,
  type InstalmentState,
  isRefusal,
  judgeFileStatus,
  mayBeAtBank,
  readPain002,
  type StatusVerdict,
} from '../workers/payout/rules.ts';
import { wholeRupiah } from '../workers/payout/statement/amount.ts';
import { xmlText } from '../workers/payout/statement/text.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { done, needsPerson, type Report } from './command.ts';
import { hashOfFile } from './input-file.ts';

const PAGE = 5000;

/** `payout statuses FILE`: what the bank reports about a file (pain.002). All of it is taken, or nothing. */
export function payoutStatuses(file: string, options: { by?: string } = {}): Promise<Report> {
  return inNameOf({ name: options.by, role: 'finance' }, (office) => takeReport(office, file));
}

/** The same for a caller that already has an office. */
export async function takeReport({ db, config }: Office, file: string): Promise<Report> {
  const sha256 = await hashOfFile('report', file);
  try {
    const { run, taken } = await db.transaction().execute(async (tx) => {
      const report = await stageReport(tx, file);
      const stranger = await strangerIn(tx, report.run);
      if (stranger !== undefined)
        throw refuse(
          `the report names the order ${stranger}, which is not of payout run ${report.run}; nothing was changed`,
        );
      const now = config.now();
      const isNew = await isNewReport(tx, report.run, sha256, now);
      return { run: report.run, taken: isNew ? await apply(tx, report, now) : undefined };
    });
    if (taken) return reportOf(run, taken);
    const nothing = { accepted: 0, rejected: 0, open: 0, duplicates: 0, contradictions: [] };
    return done({ run, ...nothing }, `Payout run ${run}: this very report was taken before; nothing was changed.`);
  } catch (error) {
    if (error instanceof PrakerjaError) throw error;
    throw fail(`nothing of the report was taken: ${error instanceof Error ? error.message : error}`, error);
  }
}

function reportOf(run: string, { accepted, rejected, none, duplicates, contradictions }: Taken): Report {
  const json = { run, accepted, rejected, open: none, duplicates, contradictions };
  const sentence = `Payout run ${run}: ${accepted} accepted, ${rejected} rejected, ${none} unchanged. Paid is what a statement debits.`;
  const questions = [];
  if (duplicates > 0)
    questions.push(
      `${duplicates} are refused as what the bank has already, which says nothing of what it has: ask it for its report on the first.`,
    );
  if (contradictions.length > 0)
    questions.push(
      `${contradictions.length} contradict what is known (prakerja breaks list); a person must ask the bank: ${contradictions.slice(0, 5).join(', ')}`,
    );
  return questions.length === 0 ? done(json, sentence) : needsPerson(json, sentence, ...questions);
}

interface Staged {
  readonly run: string;
  /** What holds for the orders that are not named. */
  readonly others: { readonly outcome: FileOutcome | null; readonly reason: string };
  /** The bank refused the whole file: then it can have taken no order of it. */
  readonly refused: boolean;
}

/** Reads the report into the transaction. */
async function stageReport(tx: Tx, file: string): Promise<Staged> {
  let run: string | undefined;
  let whole: FileStatus | undefined;
  let payment: FileStatus | undefined;
  let sawDuplicate = false;
  await stageStatuses(tx, []);
  for await (const events of readPain002(xmlText(createReadStream(file)))) {
    const orders = [];
    for (const event of events) {
      if (event.kind === 'order') orders.push(event.order);
      else if (event.kind === 'file') {
        run = runOfFile(event.messageId);
        if (run === undefined) throw refuse('the report is not about a file of ours (PRAKERJA-RUN-…)');
        whole = event.status;
        await requireCounts(tx, run, event.status);
      } else {
        if (runOfFile(event.paymentId) !== run || run === undefined || payment !== undefined)
          throw refuse('the report is about a payment that the file does not have');
        payment = event.status;
        await requireCounts(tx, run, event.status);
      }
    }
    sawDuplicate ||= orders.some(({ outcome }) => outcome === 'duplicate');
    if (orders.length > 0) await stageStatuses(tx, orders);
  }
  if (run === undefined || whole === undefined) throw refuse('the report is not about a file of ours (PRAKERJA-RUN-…)');
  const level = isRefusal(whole.outcome) || payment?.outcome == null ? whole : payment;
  // A duplicate at one level of the report says why another refuses.
  const isDuplicate =
    [whole, payment].some((one) => one?.outcome === 'duplicate') || (sawDuplicate && level.reason === '');
  const others = level.outcome === 'rejected' && isDuplicate ? { ...level, outcome: 'duplicate' as const } : level;
  return { run, others, refused: others.outcome === 'rejected' };
}

/** @throws exit 2 when the report is about a file that was never written, or that had another count or sum */
async function requireCounts(tx: Tx, run: string, { count, sum }: FileStatus): Promise<void> {
  const written = await writtenFile(tx, run);
  if (written === undefined) throw refuse(`payout run ${run} was never written to a file`);
  const isOther =
    (sum !== null && wholeRupiah(sum) !== BigInt(written.totalIdr)) || (count !== null && count !== written.count);
  if (isOther)
    throw refuse(
      `the report is about ${count ?? '?'} orders, but the file of payout run ${run} had ${written.count} of ${written.totalIdr} rupiah; nothing was changed`,
    );
}

interface Taken {
  accepted: number;
  rejected: number;
  none: number;
  /** Of `none`: refused as duplicates, and nothing else is known of them. */
  duplicates: number;
  readonly contradictions: string[];
}

async function apply(tx: Tx, report: Staged, now: Date): Promise<Taken> {
  const taken: Taken = { accepted: 0, rejected: 0, none: 0, duplicates: 0, contradictions: [] };
  await lockOrders(tx, report.run);
  for (let after = ''; ; ) {
    const page = (await statusRows(tx, report.run, after, PAGE)).map((row) => judge(row, report));
    for (const one of page) count(one, taken);
    await takeStatuses(tx, page.flatMap(newsOf), now);
    await ask(tx, page, now);
    if (page.length < PAGE) return taken;
    after = page.at(-1)?.row.reference ?? after;
  }
}

interface Judged extends StatusVerdict {
  readonly row: StatusRow;
  readonly outcome: FileOutcome | null;
  readonly code: string;
}

function judge(row: StatusRow, { others, refused }: Staged): Judged {
  const named = row.outcome as FileOutcome | null;
  if (refused && (named === 'accepted' || named === 'open'))
    throw refuse(`the report refuses the whole file and accepts the order ${row.reference}; nothing was changed`);
  const isExplainedAbove =
    named === null || (named === 'rejected' && row.reason === '' && others.outcome === 'duplicate');
  const outcome = isExplainedAbove ? others.outcome : named;
  const verdict = judgeFileStatus({ ...row, state: row.state as InstalmentState }, outcome);
  return { ...verdict, row, outcome, code: row.reason || others.reason };
}

function count({ judged, outcome, row }: Judged, taken: Taken): void {
  if (judged === 'contradiction') taken.contradictions.push(row.reference);
  else taken[judged]++;
  if (outcome === 'duplicate' && row.current && row.state !== 'accepted' && mayBeAtBank(row.state as InstalmentState))
    taken.duplicates++;
}

function newsOf({ judged, row: { instalmentId, reference, bankReference }, code }: Judged) {
  if (judged === 'none' || judged === 'contradiction') return [];
  const reason = judged === 'rejected' ? `bank_rejected ${code}`.trim() : '';
  return [{ instalmentId, reference, bankReference, to: judged, reason }];
}

/** Asks a person about what contradicts what is known, as when the bank tells it by itself; nothing of it is paid anew meanwhile. */
async function ask(tx: Tx, page: readonly Judged[], now: Date): Promise<void> {
  const denied = page.filter(({ opens }) => opens === 'missing_in_ledger');
  await holdContradicted(
    tx,
    denied.map(({ row }) => row.instalmentId),
    now,
  );
  const breaks = page.flatMap(({ opens, row: { reference, amountIdr } }) =>
    opens ? [{ type: opens, key: `report:${reference}`, reference, amountIdr, statementId: null, line: null }] : [],
  );
  await openOrReopen(tx, breaks, wibDate(now));
}
