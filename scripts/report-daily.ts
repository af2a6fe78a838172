import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { html } from 'hono/html';
import { type DailyReport, dailyReport } from '../db/daily-report.ts';
import { fail, refuse } from '../jobs/errors.ts';
import { formatRupiah } from '../jobs/money.ts';
import { isDate, wibDate, wibTime } from '../jobs/time.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { csvText } from './csv-text.ts';
import { writeWhole } from './draw-files.ts';

export interface DailyOptions {
  readonly on?: string;
  readonly out: string;
}

/** `report daily --on DATE --out DIR`: what finance signs, as HTML and CSV; exit 3 when the three totals differ or a break is open. */
export function daily({ on, out }: DailyOptions): Promise<Report> {
  if (on !== undefined && !isDate(on)) throw refuse('--on must be a date, such as 2020-09-15');
  return withOffice(async ({ db, config }) => {
    const now = config.now();
    await into(out, () => makeDirectory(resolve(out)));
    const report = await db.transaction().execute((tx) => dailyReport(tx, on ?? wibDate(now), now));
    const name = join(out, `daily-${report.day}`);
    await into(out, async () => {
      await writeWhole(`${name}.csv`, [csvOf(report)]);
      await writeWhole(`${name}.html`, [String(htmlOf(report))]);
    });
    const { ledger, orders, statement } = report.totals;
    const equal = ledger === orders && orders === statement;
    const open = report.breaks.reduce((sum, { n }) => sum + n, 0);
    const sentences = [
      `Paid so far: ledger ${rupiah(ledger)}, orders ${rupiah(orders)}, statements ${rupiah(statement)}${equal ? ': the three agree.' : ': they differ.'}`,
      report.final
        ? `${open} breaks are open. The report of ${report.day} is in ${name}.html and .csv, to be signed by two people; nothing is posted in that day any more.`
        : `${open} breaks are open. ${report.day} is not over: what is in ${name}.html and .csv may still change; sign the report that is made tomorrow.`,
    ];
    const json = { ...report, totals_equal: equal, open_breaks: open, files: [`${name}.html`, `${name}.csv`] };
    return equal && open === 0 ? done(json, ...sentences) : needsPerson(json, ...sentences);
  });
}

/** @throws exit 1 naming the directory */
async function into(out: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw fail(`the report could not be written into ${out}: ${(error as Error).message}`, error);
  }
}

/** With those above it, one by one: below /proc a recursive mkdir of Node 20 never ends. */
async function makeDirectory(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeDirectory(dirname(path));
  await mkdir(path);
}

function rupiah(text: string): string {
  return formatRupiah(BigInt(text));
}

/** One table of `section,name,n,opening_idr,debit_idr,credit_idr,closing_idr`: a spreadsheet can add it up again. */
function csvOf({ day, accounts, totals, instalments, breaks, statements, made_at, audit_head }: DailyReport): string {
  const lines = [
    'day,section,name,n,opening_idr,debit_idr,credit_idr,closing_idr',
    `made_at,${made_at},,,,,`,
    `audit_head,${audit_head},,,,,`,
    ...accounts.map((one) => `account,${one.account},,${one.opening},${one.debit},${one.credit},${one.closing}`),
    ...Object.entries(totals).map(([name, total]) => `paid_by,${name},,,,,${total}`),
    ...instalments.map(({ state, n, amount_idr }) => `instalments,${state},${n},,,,${amount_idr}`),
    ...breaks.map(({ type, n, amount_idr }) => `breaks,${type},${n},,,,${amount_idr}`),
    ...statements.map(({ account, lines: n }) => `statements,${csvText(masked(account))},${n},,,,`),
  ];
  return lines.map((line, i) => `${i === 0 ? line : `${day},${line}`}\n`).join('');
}

/** The same to print and sign; in Indonesian with the field's English words. */
function htmlOf({ day, final, accounts, totals, instalments, breaks, statements, made_at, audit_head }: DailyReport) {
  const table = (
    title: string,
    heads: readonly string[],
    rows: readonly (readonly string[])[],
  ) => html`<h2>${title}</h2>
<table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table>`;
  return html`<!doctype html>
<html lang="id"><head><meta charset="utf-8"><title>Laporan harian ${day}</title>
<style>body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid #999;padding:.3rem .5rem;text-align:right}th:first-child,td:first-child{text-align:left}
.sign{display:flex;gap:4rem;margin-top:4rem}.sign p{flex:1;border-top:1px solid #000}</style></head>
<body><h1>Laporan harian pembayaran (daily payment report) ${day}</h1>
${final ? '' : html`<p><strong>Sementara: hari ini belum berakhir (preliminary: the day is not over)</strong></p>`}
<p>Dibuat (made at) ${wibStamp(made_at)} WIB; jumlah, angsuran dan selisih menurut saat ini (totals, instalments and breaks as of then).
<br>Catatan audit sampai (audit log up to) <code>${audit_head}</code></p>
${table(
  'Buku besar (ledger), debit − kredit',
  ['Akun (account)', 'Awal (opening)', 'Debit', 'Kredit (credit)', 'Akhir (closing)'],
  accounts.map((one) => [one.account, rupiah(one.opening), rupiah(one.debit), rupiah(one.credit), rupiah(one.closing)]),
)}
${table(
  'Sudah dibayar (paid): ketiganya harus sama (the three must be equal)',
  ['Menurut (by)', 'Jumlah (total)'],
  Object.entries(totals).map(([name, total]) => [name, rupiah(total)]),
)}
${table(
  'Angsuran (instalments) sekarang',
  ['Keadaan (state)', 'n', 'Jumlah (amount)'],
  instalments.map(({ state, n, amount_idr }) => [state, String(n), rupiah(amount_idr)]),
)}
${table(
  'Selisih terbuka (open breaks)',
  ['Jenis (type)', 'n', 'Jumlah (amount)', 'Tertua, hari (oldest, days)'],
  breaks.map(({ type, n, amount_idr, oldest_days }) => [type, String(n), rupiah(amount_idr), String(oldest_days)]),
)}
${table(
  'Rekening koran hari ini (statements that cover the day)',
  ['Rekening (account)', 'Dari (from)', 'Sampai (to)', 'Baris (lines)'],
  statements.map(({ account, from, to, lines }) => [masked(account), from, to, String(lines)]),
)}
<div class="sign"><p>Disiapkan oleh (prepared by)</p><p>Disetujui oleh (agreed by)</p></div></body></html>`;
}

function wibStamp(at: string): string {
  return `${wibDate(new Date(at))} ${wibTime(new Date(at))}`;
}

/** An account number's last four. */
function masked(account: string): string {
  return account.length > 4 ? `${'*'.repeat(account.length - 4)}${account.slice(-4)}` : account;
}
