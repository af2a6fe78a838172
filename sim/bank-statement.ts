import type { Day, Entry, Ledger } from './bank-ledger.ts';
import type { Answer } from './http.ts';
import { addDays } from './time.ts';

const STATEMENT_DAYS_MAX = 800;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const ENTRIES_PER_CHUNK = 500;
const BIC = 'BNINIDJA';

/** `days` one after the other; `account` the payer's; `created` ISO time with offset. */
type StatementOf = { readonly days: readonly Day[]; readonly account: string; readonly created: string };

/** Answers `GET /sim/statement?date=D|from=D&to=D&format=camt053|bni-csv`; `gap` rupiah are added to every balance. */
export function answerStatement(url: URL, ledger: Ledger, account: string, created: string, gap: bigint): Answer {
  const from = url.searchParams.get('date') ?? url.searchParams.get('from') ?? '';
  const to = url.searchParams.get('date') ?? url.searchParams.get('to') ?? '';
  const format = url.searchParams.get('format') ?? 'camt053';
  if (!DATE.test(from) || !DATE.test(to) || from > to) return refusal('date, or from and to, as YYYY-MM-DD');
  if (format !== 'camt053' && format !== 'bni-csv') return refusal('format must be camt053 or bni-csv');
  const days: Day[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) {
    if (days.length >= STATEMENT_DAYS_MAX) return refusal(`at most ${STATEMENT_DAYS_MAX} days`);
    const day = ledger.day(date);
    days.push({ ...day, opening: day.opening + gap, closing: day.closing + gap });
  }
  const of = { days, account, created };
  if (format === 'bni-csv') return { status: 200, type: 'text/csv; charset=utf-8', body: bniCsv(of) };
  return { status: 200, type: 'application/xml; charset=utf-8', body: camt053(of) };
}

function refusal(text: string): Answer {
  return { status: 400, body: JSON.stringify({ error: text }) };
}

/** An ISO 20022 camt.053.001.02 document, one Stmt per day, as chunks of text (60,000 entries: a third of a second). */
function* camt053({ days, account, created }: StatementOf): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>CAMT053-${compact(days[0]?.date)}-${compact(days.at(-1)?.date)}</MsgId><CreDtTm>${created}</CreDtTm></GrpHdr>
`;
  for (const day of days) {
    const { date } = day;
    yield `<Stmt><Id>STMT-${compact(date)}</Id><ElctrncSeqNb>${sequenceOf(date)}</ElctrncSeqNb><CreDtTm>${created}</CreDtTm><FrToDt><FrDtTm>${date}T00:00:00+07:00</FrDtTm><ToDtTm>${date}T23:59:59+07:00</ToDtTm></FrToDt><Acct><Id><Othr><Id>${xml(account)}</Id></Othr></Id><Ccy>IDR</Ccy><Svcr><FinInstnId><BIC>${BIC}</BIC></FinInstnId></Svcr></Acct>
${balance('OPBD', day.opening, addDays(date, -1))}
${balance('CLBD', day.closing, date)}
`;
    for (const entries of chunks(day.entries)) yield entries.map(camtEntry).join('');
    yield '</Stmt>\n';
  }
  yield '</BkToCstmrStmt></Document>\n';
}

function balance(type: string, amount: bigint, date: string): string {
  const indicator = amount < 0n ? 'DBIT' : 'CRDT';
  const absolute = amount < 0n ? -amount : amount;
  return `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="IDR">${absolute}.00</Amt><CdtDbtInd>${indicator}</CdtDbtInd><Dt><Dt>${date}</Dt></Dt></Bal>`;
}

function camtEntry(entry: Entry): string {
  const { date, credit, reference, bank_reference } = entry;
  // A returned payment keeps the parties of the payment and says so in BkTxCd and RtrInf (AC04: closed account).
  const returned = credit ? '<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>' : '';
  const text = credit ? 'RETUR' : 'TRANSFER';
  // Nm may not be empty (Max140Text has at least one character).
  const payee = entry.name === '' ? '' : `<Cdtr><Nm>${xml(entry.name)}</Nm></Cdtr>`;
  return `<Ntry><Amt Ccy="IDR">${entry.amount_idr}.00</Amt><CdtDbtInd>${credit ? 'CRDT' : 'DBIT'}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>${date}</Dt></BookgDt><ValDt><Dt>${date}</Dt></ValDt><AcctSvcrRef>${bank_reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>${credit ? 'RRTN' : 'DMCT'}</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><AcctSvcrRef>${bank_reference}</AcctSvcrRef><EndToEndId>${xml(reference)}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="IDR">${entry.amount_idr}.00</Amt></TxAmt></AmtDtls><RltdPties>${payee}<CdtrAcct><Id><Othr><Id>${xml(entry.account)}</Id></Othr></Id></CdtrAcct></RltdPties><RmtInf><Ustrd>${text} ${xml(reference)}</Ustrd></RmtInf>${returned}</TxDtls></NtryDtls></Ntry>
`;
}

/**
 * BNI's CSV (domain.md): header, then rows. The format has no balances, so the first row is `SALDO AWAL` and the last
 * `SALDO AKHIR`, each with the balance in Credit; over several days they stand once. A description reads
 * `TRF|RETUR/reference/account/name`.
 */
function* bniCsv({ days }: StatementOf): Generator<string> {
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) return;
  yield 'Post Date,Value Date,Branch,Journal No.,Description,Debit,Credit\r\n';
  yield bniRow(first.date, '00:00:00', '', 'SALDO AWAL', 0n, first.opening);
  for (const day of days) for (const entries of chunks(day.entries)) yield entries.map(bniEntry).join('');
  yield bniRow(last.date, '23:59:59', '', 'SALDO AKHIR', 0n, last.closing);
}

function bniEntry(entry: Entry): string {
  const text = `${entry.credit ? 'RETUR' : 'TRF'}/${entry.reference}/${entry.account}/${entry.name}`;
  const [debit, credit] = entry.credit ? [0n, entry.amount_idr] : [entry.amount_idr, 0n];
  return bniRow(entry.date, entry.time, entry.bank_reference.slice(-8), text, debit, credit);
}

function bniRow(date: string, time: string, journal: string, text: string, debit: bigint, credit: bigint): string {
  const stamp = `${date.slice(8)}/${date.slice(5, 7)}/${date.slice(2, 4)} ${time.replaceAll(':', '.')}`;
  return `${stamp},${stamp},0988,${journal},"${text.replaceAll('"', '""')}","${grouped(debit)}","${grouped(credit)}"\r\n`;
}

/** 1234 as `1,234.00`. */
function grouped(amount: bigint): string {
  return `${String(amount).replace(/\B(?=(?:\d{3})+$)/g, ',')}.00`;
}

function* chunks(entries: readonly Entry[]): Generator<readonly Entry[]> {
  for (let i = 0; i < entries.length; i += ENTRIES_PER_CHUNK) yield entries.slice(i, i + ENTRIES_PER_CHUNK);
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function xml(text: string): string {
  return /[&<>"]/.test(text) ? text.replace(/[&<>"]/g, (char) => ESCAPES[char] as string) : text;
}

function compact(date = ''): string {
  return date.replaceAll('-', '');
}

/** A number that grows by one a day, as an electronic statement's does. */
function sequenceOf(date: string): number {
  return (Date.parse(date) - Date.parse('2019-12-31')) / 86_400_000;
}
