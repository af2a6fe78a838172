import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { TODAY, type Town } from './payout.ts';

export interface Debit {
  readonly bulk?: string;
  readonly reference?: string;
  readonly idr: number;
}

const bank = (type: string, idr: number) =>
  `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="IDR">${idr}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${TODAY}</Dt></Dt></Bal>`;

/** A camt.053 of the day: an entry per debit, of a whole file or of one order. */
export function statement(debits: readonly Debit[], id: string, opening = 10_000_000): string {
  const entries = debits.map(({ bulk, reference, idr }, i) => {
    const details = bulk
      ? `<Btch><PmtInfId>${bulk}</PmtInfId><NbOfTxs>3</NbOfTxs></Btch>`
      : `<TxDtls><Refs><EndToEndId>${reference}</EndToEndId></Refs></TxDtls>`;
    return `<Ntry><Amt Ccy="IDR">${idr}.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>${TODAY}</Dt></BookgDt><ValDt><Dt>${TODAY}</Dt></ValDt><AcctSvcrRef>${id}-${i}</AcctSvcrRef><NtryDtls>${details}</NtryDtls></Ntry>`;
  });
  const total = debits.reduce((sum, { idr }) => sum + idr, 0);
  return `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>${id}</MsgId><CreDtTm>${TODAY}T20:00:00+07:00</CreDtTm></GrpHdr><Stmt><Id>${id}</Id><CreDtTm>${TODAY}T20:00:00+07:00</CreDtTm><FrToDt><FrDtTm>${TODAY}T00:00:00+07:00</FrDtTm><ToDtTm>${TODAY}T23:59:59+07:00</ToDtTm></FrToDt><Acct><Id><Othr><Id>0123456789</Id></Othr></Id><Ccy>IDR</Ccy></Acct>${bank('OPBD', opening)}${bank('CLBD', opening - total)}${entries.join('')}</Stmt></BkToCstmrStmt></Document>`;
}

/** A town with statements of the evening. */
export type Reconciled = Town & {
  reconciled(debits: readonly Debit[], id?: string, opening?: number): Promise<unknown>;
};

export async function reconciling<T extends Town>(here: T, at = `${TODAY}T20:00:00+07:00`): Promise<T & Reconciled> {
  const evening = await here.officeAt(at);
  return {
    ...here,
    reconciled: async (debits, id = 'S1', opening) => {
      const path = join(here.dir, `${id}.xml`);
      writeFileSync(path, statement(debits, id, opening));
      const { exitCode, json } = await reconcileFiles(evening, [path], undefined);
      const { open_breaks, totals_equal } = json as { open_breaks: unknown; totals_equal: boolean };
      return { exitCode, open_breaks, totals_equal };
    },
  };
}
