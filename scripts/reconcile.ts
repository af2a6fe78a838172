import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Db, Tx } from '../db/connection.ts';
import { knowPayingAccount, otherAccounts } from '../db/paying-accounts.ts';
import { oneReconciliationAtATime } from '../db/reconciliation-lock.ts';
import { isKnownFile, stageLines, storeStatement } from '../db/statement.ts';
import { unexpectedAccounts } from '../db/unexpected-accounts.ts';
import { fail, PrakerjaError, refuse } from '../jobs/errors.ts';
import { wibDate } from '../jobs/time.ts';
import {
  DETECT_BYTES,
  detectFormat,
  type StatementEnd,
  type StatementFormat,
  type StatementLine,
  statementFormats,
  statementReaders,
  type UnreadableLine,
} from '../workers/payout/statement/index.ts';
import type { Office } from '../workers/runtime/office.ts';
import { type Report, withOffice } from './command.ts';
import { hashOfFile } from './input-file.ts';
import { startProgress } from './progress.ts';
import { settleReturns, settleUnexplained } from './reconcile-bulk.ts';
import { findGaps, findMissing, judgeStatement } from './reconcile-lines.ts';
import { reconciliationReport, type Taken } from './reconcile-report.ts';

export interface ReconcileOptions {
  readonly statement: string[];
  readonly format?: string;
}

/** Mandiri's and BRI's exports name no day but those of their rows. */
const NO_DAYS =
  'the statement does not say which days it covers: an export without movements cannot; fetch one over several days, or another format';
const LINES_AT_ONCE = 5000;
/** PostgreSQL's code. */
const DEADLOCK_DETECTED = '40P01';
const TRIES_MAX = 3;

/** `reconcile --statement FILE…`: every rupiah explained by ledger, bank and statement together; open breaks are exit 3. */
export function reconcile(options: ReconcileOptions): Promise<Report> {
  const { format } = options;
  if (format !== undefined && !(statementFormats as readonly string[]).includes(format))
    throw refuse(`--format must be one of ${statementFormats.join(', ')}`);
  return withOffice((office) => reconcileFiles(office, options.statement, format as StatementFormat | undefined));
}

/** The same for a caller that already has an office: the demo. */
export async function reconcileFiles(
  office: Office,
  files: readonly string[],
  format: StatementFormat | undefined,
): Promise<Report> {
  return reconciliationReport(office.db, await takeFiles(office, files, format));
}

async function formatOf(file: string): Promise<StatementFormat> {
  const unreadable = () => {
    throw refuse(`the statement ${file} cannot be read`);
  };
  const handle = await open(file).catch(unreadable);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(DETECT_BYTES), 0, DETECT_BYTES, 0).catch(unreadable);
    const format = detectFormat(buffer.subarray(0, bytesRead));
    if (!format) throw refuse(`${basename(file)}: the format is not known; name it with --format`);
    return format;
  } finally {
    await handle.close();
  }
}

/** Takes all files or none: what is refused changes nothing. Returns how many lines are new, and the accounts that a person should look at. */
async function takeFiles(
  { db, config }: Office,
  files: readonly string[],
  format: StatementFormat | undefined,
): Promise<Taken> {
  const now = config.now();
  const progress = startProgress('reconcile', 'lines');
  try {
    return await beyondDeadlocks(db, async (tx) => {
      await oneReconciliationAtATime(tx);
      await knowPayingAccount(tx, config.bank?.sourceAccount, 'api');
      const all: string[] = [];
      let lines = 0;
      for (const file of files) {
        const ids = await storeFile(tx, file, format ?? (await formatOf(file)), now, (n) => progress.update(n));
        for (const id of ids) lines += await judgeStatement(tx, id, now);
        all.push(...ids);
      }
      await settleUnexplained(tx, now);
      await settleReturns(tx, now);
      await findGaps(tx, all, now);
      await findMissing(tx, wibDate(now));
      const unexpected = await unexpectedAccounts(tx, all, config.bank?.sourceAccount);
      return { lines, others: await otherAccounts(tx, all), unexpected };
    });
  } catch (error) {
    if (error instanceof PrakerjaError) throw error;
    throw fail(
      `nothing was reconciled, and nothing of the statements was kept: ${error instanceof Error ? error.message : error}`,
      error,
    );
  } finally {
    progress.end();
  }
}

/** Somebody with the bank's word about several orders may wait for us, and we for them: PostgreSQL ends one of both. */
async function beyondDeadlocks<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if ((error as { code?: unknown }).code !== DEADLOCK_DETECTED || tries === TRIES_MAX) throw error;
    }
  }
}

/** Returns the numbers of the statements that are new. */
async function storeFile(
  tx: Tx,
  file: string,
  format: StatementFormat,
  now: Date,
  onLines: (n: number) => void,
): Promise<string[]> {
  const sha256 = await hashOfFile('statement', file);
  if (await isKnownFile(tx, sha256)) return [];
  const ids: string[] = [];
  let pending: (StatementLine | UnreadableLine)[] = [];
  let read = 0;
  let part = 0;
  const flush = async () => {
    if (pending.length > 0) await stageLines(tx, pending.map(lineRow));
    read += pending.length;
    pending = [];
    onLines(read);
  };
  for await (const event of statementReaders[format](createReadStream(file))) {
    if (event.kind === 'line' || event.kind === 'unreadable') pending.push(event);
    if (pending.length >= LINES_AT_ONCE) await flush();
    if (event.kind !== 'end') continue;
    await flush();
    const id = await storeStatement(tx, statementRow(event, { sha256, part: ++part, format, receivedAt: now }));
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

function statementRow(
  end: StatementEnd,
  file: { sha256: string; part: number; format: StatementFormat; receivedAt: Date },
) {
  if (!end.from || !end.to) throw refuse(NO_DAYS);
  return {
    ...file,
    account: end.account ?? file.format,
    bankStatementId: end.statementId ?? file.sha256,
    from: end.from,
    to: end.to,
    madeAt: end.madeAt,
    opening: end.openingText,
    closing: end.closingText,
    lines: end.lines + end.unreadable,
    notBooked: end.notBooked,
  };
}

function lineRow(line: StatementLine | UnreadableLine) {
  const none = {
    bookedOn: null,
    amountIdr: null,
    direction: null,
    reference: null,
    bulkId: null,
    name: null,
    account: null,
    bankReference: null,
    returnReason: null,
  };
  if (line.kind === 'unreadable')
    return { ...none, line: line.lineNumber, unreadable: line.why, notOurs: line.notOurs ?? false };
  return {
    line: line.lineNumber,
    bookedOn: line.bookingDate,
    amountIdr: String(line.amountIdr),
    direction: line.direction,
    reference: line.reference,
    bulkId: line.bulkId,
    name: line.counterpartyName,
    account: line.counterpartyAccount,
    bankReference: line.bankReference,
    returnReason: line.returnReason,
    unreadable: null,
    notOurs: false,
  };
}
