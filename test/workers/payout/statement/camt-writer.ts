import { Readable } from 'node:stream';
import { readCamt053 } from '../../../../workers/payout/statement/camt053.ts';
import type { ByteStream, StatementEvent, StatementReader } from '../../../../workers/payout/statement/index.ts';

/** An entry for the writer below; what is left out is not written. */
export interface Written {
  readonly amount: string;
  readonly direction: 'debit' | 'credit';
  readonly currency?: string;
  readonly status?: string;
  readonly booked?: string;
  readonly bankReference?: string;
  readonly endToEndId?: string;
  readonly name?: string;
  readonly account?: string;
  readonly text?: string;
  readonly reason?: string;
  /** Instead of one transaction: the whole content of NtryDtls. */
  readonly details?: string;
}

export const REF = 'P00000000000000A';
export const REF_B = 'P00000000000000B';
/** A payment of ours as a bank writes it. */
export const payment: Written = {
  amount: '600000.00',
  direction: 'debit',
  endToEndId: REF,
  name: 'SITI AMINAH',
  account: '0123456789',
  bankReference: 'BNIS000000000001',
  text: `TRANSFER ${REF}`,
};

function xml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`);
}

/** An entry in the manner of 001.02. */
export function entry(entry: Written): string {
  const { amount, direction, currency = 'IDR', status = 'BOOK', booked = '2020-09-15' } = entry;
  const tag = (name: string, text: string | undefined): string =>
    text === undefined ? '' : `<${name}>${xml(text)}</${name}>`;
  const wrapped = (names: string, text: string | undefined): string =>
    text === undefined
      ? ''
      : names
          .split('/')
          .reverse()
          .reduce((inner, name) => `<${name}>${inner}</${name}>`, xml(text));
  const transaction = `<TxDtls><Refs>${tag('EndToEndId', entry.endToEndId)}</Refs><RltdPties>${wrapped('Cdtr/Nm', entry.name)}${wrapped(
    'CdtrAcct/Id/Othr/Id',
    entry.account,
  )}</RltdPties>${wrapped('RmtInf/Ustrd', entry.text)}${wrapped('RtrInf/Rsn/Cd', entry.reason)}</TxDtls>`;
  return `<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${direction === 'debit' ? 'DBIT' : 'CRDT'}</CdtDbtInd>${tag(
    'Sts',
    status,
  )}${wrapped('BookgDt/Dt', booked)}${wrapped('ValDt/Dt', booked)}${tag('AcctSvcrRef', entry.bankReference)}<NtryDtls>${
    entry.details ?? transaction
  }</NtryDtls></Ntry>`;
}

export function balance(code: string, amount: string, currency = 'IDR'): string {
  const indicator = amount.startsWith('-') ? 'DBIT' : 'CRDT';
  return `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${amount.replace('-', '')}</Amt><CdtDbtInd>${indicator}</CdtDbtInd><Dt><Dt>2020-09-15</Dt></Dt></Bal>`;
}

/** One statement; `opening` or `closing` null: without that balance. */
export function statement(
  entries: readonly string[],
  opening: string | null,
  closing: string | null,
  id = 'S-1',
): string {
  const balances =
    (opening === null ? '' : balance('OPBD', opening)) + (closing === null ? '' : balance('CLBD', closing));
  return `<Stmt><Id>${id}</Id><FrToDt><FrDtTm>2020-09-15T00:00:00+07:00</FrDtTm><ToDtTm>2020-09-15T23:59:59+07:00</ToDtTm></FrToDt><Acct><Id><Othr><Id>0000000001</Id></Othr></Id><Ccy>IDR</Ccy></Acct>${balances}${entries.join('\n')}</Stmt>`;
}

export function document(...statements: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>${statements.join('')}</BkToCstmrStmt></Document>\n`;
}

/** The bytes in pieces of a given size. */
export function pieces(text: string | Uint8Array, size = 1 << 16): ByteStream {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return Readable.from(parts);
}

export async function readAll(reader: StatementReader, stream: ByteStream): Promise<StatementEvent[]> {
  const events: StatementEvent[] = [];
  for await (const event of reader(stream)) events.push(event);
  return events;
}

/** All that the reader tells of a document. */
export const read = (text: string) => readAll(readCamt053, pieces(text));
/** The events of one entry in a statement without balances, from its first line to its last. */
export async function readEntry(text: string) {
  return (await read(document(statement([text], null, null)))).slice(1, -1);
}
/** The one event of our payment, written otherwise. */
export async function line(written: Partial<Written>): Promise<unknown> {
  const [event] = await readEntry(entry({ ...payment, ...written }));
  return event;
}
