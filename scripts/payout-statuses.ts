import { createReadStream } from 'node:fs';
import type { Tx } from '../db/connection.ts';
import {
  type StatusRow,
  stageStatuses,
  statusRows,
  strangerIn,
  takeStatuses,
  writtenFile,
} from '../db/payout-files.ts';
import { fail, PrakerjaError, refuse } from '../jobs/errors.ts';
import { runOfFile } from '../jobs/file-ids.ts';
import {
  type FileOutcome,
  type FileStatus,
  type InstalmentState,
  judgeFileStatus,
  readPain002,
} from '../workers/payout/rules.ts';
import { wholeRupiah } from '../workers/payout/statement/amount.ts';
import { utf8 } from '../workers/payout/statement/text.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { done, needsPerson, type Report } from './command.ts';

const PAGE = 5000;

/** `payout statuses FILE`: what the bank reports about a file (pain.002). All of it is taken, or nothing. */
export function payoutStatuses(file: string, options: { by?: string } = {}): Promise<Report> {
  return inNameOf({ name: options.by, role: 'finance' }, (office) => takeReport(office, file));
}

/** The same for a caller that already has an office. */
export async function takeReport({ db, config }: Office, file: string): Promise<Report> {
  try {
    const { run, taken } = await db.transaction().execute(async (tx) => {
      const report = await stageReport(tx, file);
      const stranger = await strangerIn(tx, report.run);
      if (stranger !== undefined)
        throw refuse(
          `the report names the order ${stranger}, which is not of payout run ${report.run}; nothing was changed`,
        );
      return { run: report.run, taken: await apply(tx, report, config.now()) };
    });
    const { accepted, rejected, contradictions } = taken;
    const json = { run, accepted, rejected, open: taken.none, contradictions };
    const sentence = `Payout run ${run}: ${accepted} accepted, ${rejected} rejected, ${taken.none} unchanged. Paid is what a statement debits.`;
    if (contradictions.length === 0) return done(json, sentence);
    const first = contradictions.slice(0, 5).join(', ');
    return needsPerson(
      json,
      sentence,
      `${contradictions.length} contradict what is known; a person must ask the bank: ${first}`,
    );
  } catch (error) {
    if (error instanceof PrakerjaError) throw error;
    throw fail(`nothing of the report was taken: ${error instanceof Error ? error.message : error}`, error);
  }
}

interface Staged {
  readonly run: string;
  /** What holds for the orders that are not named. */
  readonly others: { readonly outcome: FileOutcome | null; readonly reason: string };
  /** The bank refused the whole file: then it can have taken no order of it. */
  readonly refused: boolean;
}

async function stageReport(tx: Tx, file: string): Promise<Staged> {
  let run: string | undefined;
  let whole: FileStatus | undefined;
  let payment: FileStatus | undefined;
  await stageStatuses(tx, []);
  for await (const events of readPain002(utf8(createReadStream(file)))) {
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
    if (orders.length > 0) await stageStatuses(tx, orders);
  }
  if (run === undefined || whole === undefined) throw refuse('the report is not about a file of ours (PRAKERJA-RUN-…)');
  const level = whole.outcome === 'rejected' || payment?.outcome == null ? whole : payment;
  return { run, others: level, refused: level.outcome === 'rejected' };
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
  readonly contradictions: string[];
}

async function apply(tx: Tx, report: Staged, now: Date): Promise<Taken> {
  const taken: Taken = { accepted: 0, rejected: 0, none: 0, contradictions: [] };
  for (let after = ''; ; ) {
    const page = await statusRows(tx, report.run, after, PAGE);
    const news = page.flatMap((row) => newsOf(row, report, taken));
    if (news.length > 0) await takeStatuses(tx, news, now);
    if (page.length < PAGE) return taken;
    after = page.at(-1)?.reference ?? after;
  }
}

function newsOf(row: StatusRow, { others, refused }: Staged, taken: Taken) {
  const named = row.outcome as FileOutcome | null;
  if (refused && named !== null && named !== 'rejected')
    throw refuse(`the report refuses the whole file and accepts the order ${row.reference}; nothing was changed`);
  const outcome = named ?? others.outcome;
  const judged = judgeFileStatus({ ...row, state: row.state as InstalmentState }, outcome);
  if (judged === 'contradiction') taken.contradictions.push(row.reference);
  else taken[judged]++;
  if (judged === 'none' || judged === 'contradiction') return [];
  const code = row.reason || others.reason;
  const { instalmentId, reference, bankReference } = row;
  const reason = judged === 'rejected' ? `bank_rejected ${code}`.trim() : '';
  return [{ instalmentId, reference, bankReference, to: judged, reason }];
}
