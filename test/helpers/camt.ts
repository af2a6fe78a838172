import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { TODAY, type Town } from './payout.ts';

/** A movement: a debit, or one that came back. */
export interface Debit {
  readonly bulk?: string;
  readonly reference?: string;
  readonly idr: number;
  readonly returned?: boolean;
  /** The bank's number of it; unset: one that no other has. */
  readonly bankReference?: string;
}

/** The account that the simulator's bank debits. */
export const SOURCE_ACCOUNT = '0000202020';

const bank = (type: string, idr: number) =>
  `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="IDR">${idr}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${TODAY}</Dt></Dt></Bal>`;

/** A camt.053 of the day, made in its evening: an entry per movement, of a whole file or of one order. */
export function statement(
  debits: readonly Debit[],
  id: string,
  opening = 10_000_000,
  account = SOURCE_ACCOUNT,
  madeAt = `${TODAY}T20:00:00+07:00`,
): string {
  const entries = debits.map(({ bulk, reference, idr, returned, bankReference }, i) => {
    const why = returned ? '<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>' : '';
    const details = bulk
      ? `<Btch><PmtInfId>${bulk}</PmtInfId><NbOfTxs>3</NbOfTxs></Btch>${returned ? `<TxDtls>${why}</TxDtls>` : ''}`
      : `<TxDtls><Refs><EndToEndId>${reference}</EndToEndId></Refs>${why}</TxDtls>`;
    const side = returned ? 'CRDT' : 'DBIT';
    return `<Ntry><Amt Ccy="IDR">${idr}.00</Amt><CdtDbtInd>${side}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>${TODAY}</Dt></BookgDt><ValDt><Dt>${TODAY}</Dt></ValDt><AcctSvcrRef>${bankReference ?? `${id}-${i}`}</AcctSvcrRef><NtryDtls>${details}</NtryDtls></Ntry>`;
  });
  const total = debits.reduce((sum, { idr, returned }) => sum + (returned ? -idr : idr), 0);
  return `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>${id}</MsgId><CreDtTm>${madeAt}</CreDtTm></GrpHdr><Stmt><Id>${id}</Id><CreDtTm>${madeAt}</CreDtTm><FrToDt><FrDtTm>${TODAY}T00:00:00+07:00</FrDtTm><ToDtTm>${TODAY}T23:59:59+07:00</ToDtTm></FrToDt><Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>IDR</Ccy></Acct>${bank('OPBD', opening)}${bank('CLBD', opening - total)}${entries.join('')}</Stmt></BkToCstmrStmt></Document>`;
}

/** A statement from one day to another, without lines or with so much coming in on the first. */
export function day(
  date: string,
  opening: number,
  income = 0,
  { to = date, from = date, account = SOURCE_ACCOUNT } = {},
) {
  const entry = `<Ntry><Amt Ccy="IDR">${income}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>${date}</Dt></BookgDt><ValDt><Dt>${date}</Dt></ValDt><AcctSvcrRef>F-${date}-${income}</AcctSvcrRef></Ntry>`;
  return statement([], `${date}-${opening}-${income}`, opening, account)
    .replaceAll(TODAY, date)
    .replace(/(<Cd>CLBD<.*?IDR">)\d+/, `$1${opening + income}`)
    .replace(`<FrDtTm>${date}`, `<FrDtTm>${from}`)
    .replace(`<ToDtTm>${date}`, `<ToDtTm>${to}`)
    .replace('</Stmt>', `${income === 0 ? '' : entry}</Stmt>`);
}

/** The same as a camt.054, which has no balances. */
export function asNotification(text: string): string {
  return text
    .replaceAll('camt.053', 'camt.054')
    .replaceAll('BkToCstmrStmt', 'BkToCstmrDbtCdtNtfctn')
    .replaceAll('Stmt>', 'Ntfctn>')
    .replace(/<Bal>.*?<\/Bal>/g, '');
}

/** Both statements in one file, in this order. */
export function inOneFile(first: string, second: string): string {
  return first.replace('</Stmt>', `</Stmt>${/<Stmt>.*<\/Stmt>/.exec(second)?.[0]}`);
}

/** What a `reconcile` of these files says, at a time. */
export function taking(here: Town) {
  return async (at: string, ...texts: string[]) => {
    const paths = texts.map((text) => {
      const path = join(here.dir, `${createHash('sha256').update(text).digest('hex')}.xml`);
      writeFileSync(path, text);
      return path;
    });
    const { json } = await reconcileFiles(await here.officeAt(at), paths, undefined);
    return json as { readonly lines: number; readonly open_breaks: Record<string, number> };
  };
}

/** A town with statements of the evening. */
export type Reconciled = Town & {
  reconciled(debits: readonly Debit[], id?: string, opening?: number, account?: string): Promise<unknown>;
};

export async function reconciling<T extends Town>(here: T, at = `${TODAY}T20:00:00+07:00`): Promise<T & Reconciled> {
  const evening = await here.officeAt(at);
  return {
    ...here,
    reconciled: async (debits, id = 'S1', opening, account) => {
      const path = join(here.dir, `${id}.xml`);
      writeFileSync(path, statement(debits, id, opening, account));
      const { exitCode, json } = await reconcileFiles(evening, [path], undefined);
      const { open_breaks, totals_equal } = json as { open_breaks: unknown; totals_equal: boolean };
      return { exitCode, open_breaks, totals_equal };
    },
  };
}
