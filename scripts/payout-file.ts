import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Tx } from '../db/connection.ts';
import { makeOrders, type PayeeAccount } from '../db/orders.ts';
import { knowPayingAccount } from '../db/paying-accounts.ts';
import {
  beginFile,
  fileOrders,
  fileTotals,
  holdReleased,
  type ReleasedRow,
  releasedRows,
  writtenFile,
} from '../db/payout-files.ts';
import { holdContradictory, holdUnwritten, orderAnew, orderedRows } from '../db/unwritten-files.ts';
import { givenOutBefore, recordFile } from '../db/written-files.ts';
import { fail, PrakerjaError, refuse } from '../jobs/errors.ts';
import { fileIdOf } from '../jobs/file-ids.ts';
import { formatRupiah } from '../jobs/money.ts';
import { wibDate, wibTime } from '../jobs/time.ts';
import { screened } from '../workers/layer3/rules.ts';
import { heldFor, type PaymentFile, type PaymentFileOrder, writePain001 } from '../workers/payout/rules.ts';
import type { Office } from '../workers/runtime/office.ts';
import { inNameOf } from './actor.ts';
import { done, needsPerson, type Report } from './command.ts';
import { PRIVATE_FILE } from './draw-files.ts';
import { runNumber } from './options.ts';
import { startProgress } from './progress.ts';

export interface PayoutFileOptions {
  readonly out: string;
  /** The account that is debited; unset: BANK_SOURCE_ACCOUNT. */
  readonly account?: string;
  readonly by?: string;
}

/** So many orders are made in one transaction, and read at once for the file. */
const PAGE = 5000;

/** `payout file RUN --out FILE`: a released run as pain.001 for a bank that wants files; the same run again is the same file. */
export function payoutFile(text: string, options: PayoutFileOptions): Promise<Report> {
  const run = runNumber(text);
  return inNameOf({ name: options.by, role: 'finance' }, (office, by) => writeRun(office, run, { ...options, by }));
}

/** The same for a caller that already has an office. */
export async function writeRun(office: Office, run: string, options: PayoutFileOptions): Promise<Report> {
  const { db, config } = office;
  const by = options.by ?? 'cli';
  const debtorAccount = options.account ?? config.bank?.sourceAccount;
  if (!debtorAccount || !/^[A-Za-z0-9]{1,34}$/.test(debtorAccount))
    throw refuse(
      '--account (or BANK_SOURCE_ACCOUNT) must name the account that is debited: letters and digits, at most 34',
    );
  const releasedAt = await db.transaction().execute(async (tx) => {
    await knowPayingAccount(tx, debtorAccount, 'file');
    return beginFile(tx, run, by, config.now());
  });
  await orderAll(office, run);
  await clearLeftOver(options.out);
  // Two at once must not write into each other's.
  const part = `${options.out}.${randomUUID()}.part`;
  try {
    const written = await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute((tx) => writePart(tx, run, part, { debtorAccount, releasedAt }));
    if (written === null)
      return needsPerson(
        { run, count: 0, file: null },
        `Nobody of payout run ${run} may be paid today: no file was written.`,
      );
    await db.transaction().execute((tx) => recordFile(tx, run, { ...written, by, now: config.now() }));
    await rename(part, options.out);
    const { sha256, totals } = written;
    return done(
      { run, count: totals.count, total_idr: totals.totalIdr, sha256, file: options.out },
      `Payout run ${run}: ${totals.count} orders, ${formatRupiah(BigInt(totals.totalIdr))}, in ${options.out} (SHA-256 ${sha256}).`,
      'Hand it to the bank once; its answer: prakerja payout statuses FILE. What it debits: prakerja reconcile --statement FILE',
    );
  } catch (error) {
    await rm(part, { force: true });
    if (error instanceof PrakerjaError) throw error;
    throw fail(
      `the file was not written; its orders are kept, run this again: ${error instanceof Error ? error.message : error}`,
      error,
    );
  }
}

/** A file takes minutes to write: what lies beside its place for a day was left by a process that died, and has people's accounts in it. */
const LEFT_OVER_MS = 24 * 3_600_000;
const PART = /^\.[0-9a-f-]{36}\.part$/;

async function clearLeftOver(out: string): Promise<void> {
  const [dir, name] = [dirname(out), basename(out)];
  for (const entry of await readdir(dir).catch(() => [])) {
    if (!entry.startsWith(name) || !PART.test(entry.slice(name.length))) continue;
    const path = join(dir, entry);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > LEFT_OVER_MS) await rm(path, { force: true });
  }
}

/**
 * Screens and orders page by page, as submission does: each page is committed before anything of it can be handed over.
 * What an earlier call has ordered and could not write is screened again.
 */
async function orderAll({ db, config }: Office, run: string): Promise<void> {
  const now = config.now();
  for (let last: string | undefined = '0'; last !== undefined; ) {
    const after: string = last;
    last = await db.transaction().execute((tx) => screenAgain(tx, run, now, after));
  }
  const progress = startProgress(`file of run ${run}`, 'orders');
  try {
    for (let ordered = 0; ; ) {
      const page = await db.transaction().execute((tx) => orderPage(tx, run, now));
      ordered += page;
      progress.update(ordered);
      if (page === 0) break;
    }
    await db.transaction().execute((tx) => holdContradictory(tx, run, now));
  } finally {
    progress.end();
  }
}

async function orderPage(tx: Tx, run: string, now: Date): Promise<number> {
  const rows = await releasedRows(tx, run, now, PAGE);
  const { held, payable } = judged(rows);
  if (payable.length > 0) await makeOrders(tx, payable, now);
  await holdReleased(tx, held, now);
  return rows.length;
}

/**
 * Returns after whom the next page begins; undefined: this was the last.
 * @throws exit 2 when the file was written before, and somebody in it would not be paid today
 */
async function screenAgain(tx: Tx, run: string, now: Date, after: string): Promise<string | undefined> {
  const rows = await orderedRows(tx, run, { now, after, limit: PAGE });
  const { held, payable } = judged(rows);
  const first = await writtenFile(tx, run);
  if (first && held.length > 0) throw givenOutBefore(run, first.sha256, 'has people in it who may not be paid today');
  if (!first) {
    await holdUnwritten(tx, held, now);
    await orderAnew(tx, payable, now);
  }
  return rows.at(-1)?.instalmentId;
}

function judged(rows: readonly ReleasedRow[]) {
  const reasons = rows.map((row) => ({ row, reason: heldFor(row, screened) }));
  const held = reasons.flatMap(({ row, reason }) =>
    reason ? [{ instalmentId: row.instalmentId, to: 'held', reason }] : [],
  );
  const payable = reasons
    .filter(({ reason }) => !reason)
    .map(({ row }) => row as ReleasedRow & { account: PayeeAccount });
  return { held, payable };
}

interface Fixed {
  readonly debtorAccount: string;
  readonly releasedAt: Date;
}

/** Writes the file beside its place. Null: there is no order. Every fact in it is the database's, so that it can be written again. */
async function writePart(tx: Tx, run: string, path: string, { debtorAccount, releasedAt }: Fixed) {
  const totals = await fileTotals(tx, run);
  const { count, totalIdr, day, left } = totals;
  if (left > 0)
    throw fail(
      `${left} orders of payout run ${run} are being submitted and would not be in its file: nothing was written; whoever looks after the program must look at them before anything goes to the bank`,
    );
  if (day === null) return null;
  const file: PaymentFile = {
    messageId: fileIdOf(run),
    paymentId: fileIdOf(run),
    createdAt: `${wibDate(releasedAt)}T${wibTime(releasedAt)}:00+07:00`,
    executionDate: day,
    debtorAccount,
    count,
    totalIdr: BigInt(totalIdr),
  };
  const hash = createHash('sha256');
  const source = Readable.from(writePain001(file, pagesOf(tx, run)));
  await pipeline(
    source,
    async function* (texts: AsyncIterable<string>) {
      for await (const text of texts) {
        hash.update(text);
        yield text;
      }
    },
    createWriteStream(path, { flush: true, mode: PRIVATE_FILE }),
  );
  return { totals, sha256: hash.digest('hex') };
}

async function* pagesOf(tx: Tx, run: string): AsyncGenerator<PaymentFileOrder[]> {
  for (let after = ''; ; ) {
    const page = await fileOrders(tx, run, after, PAGE);
    yield page.map((order) => ({ ...order, amountIdr: BigInt(order.amountIdr) }));
    if (page.length < PAGE) return;
    after = page.at(-1)?.reference ?? after;
  }
}
