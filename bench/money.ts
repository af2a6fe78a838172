import { join } from 'node:path';
import type { Meter } from './meter.ts';
import { NATION } from './nation.ts';

/** Instalments of the programme's 1.2 million people who had been paid, and the four incentives of each of ours. */
export const INSTALMENTS = 2_670_000;
export const INCENTIVES = 4;
export const INCENTIVE_IDR = 600_000;
/** Three months after the last training: all four incentives are due. */
export const PAID_AT = '2020-12-21T10:00:00+07:00';
const BOOKED_ON = '2020-12-21';
const OPENING_IDR = 5_000_000_000_000;

/**
 * Decree, training and accounts for as many of the drawn as have the programme's instalments (scaled), then what is
 * measured: preparing them, and reconciling one camt.053 with a line for each. Sending is not: the orders are put where
 * the bank has accepted them, by SQL, because 2.67 million calls are the bank's time and not ours.
 * @throws when a count or a total is wrong
 */
export async function payAndReconcile(meter: Meter, dir: string, applicants: number): Promise<void> {
  const people = Math.floor((INSTALMENTS * applicants) / NATION / INCENTIVES);
  await meter.command('batch', 'decree', '1', '--number', 'SK-BENCH', '--by', 'ayu');
  await meter.command('batch', 'decree', '1', '--confirm', '--by', 'budi');
  for (const kind of ['training', 'accounts'] as const) {
    const path = join(dir, `${kind}.csv`);
    await meter.copyToFile(path, FILES[kind](people));
    await meter.command('import', kind, path);
  }
  meter.environment.PRAKERJA_NOW = PAID_AT;
  const rows = people * INCENTIVES;
  let run = '';
  await meter.stage('prepare', rows, async () => {
    const prepared = await meter.command('payout', 'prepare', '--by', 'ayu');
    if (prepared.count !== rows) throw new Error(`${prepared.count} instalments were prepared, not ${rows}`);
    run = String(prepared.run);
  });
  await meter.command('payout', 'release', run, '--by', 'budi');
  for (const statement of ACCEPTED) await meter.query(statement);
  const path = join(dir, 'statement.xml');
  await meter.copyToFile(path, statementOf(rows), 'text');
  await meter.stage('reconcile', rows, async () => {
    const { lines, totals_equal, totals_idr } = await meter.command('reconcile', '--statement', path);
    const paid = (totals_idr as { statement: string }).statement;
    if (lines !== rows || !totals_equal || paid !== String(BigInt(rows) * BigInt(INCENTIVE_IDR)))
      throw new Error(`${lines} lines and ${paid} rupiah were reconciled, not ${rows}; equal: ${totals_equal}`);
  });
}

const chosen = (people: number) => `
  select p.nik, r.registration_id, r.full_name, r.phone from participants p join registrations r on r.reg = p.reg
  order by p.nik limit ${people}`;

const FILES = {
  training: (people: number) => `
    select c.registration_id, 1 as batch, e.event, 'PLT1001' as training_id, e.at
    from (${chosen(people)}) c,
      (values ('completed', '2020-09-15T10:00:00+07:00'), ('rated', '2020-09-15T11:00:00+07:00')) as e (event, at)`,
  accounts: (people: number) => `
    select c.registration_id, '2020-09-15T09:00:00+07:00' as linked_at, 'bank' as channel, 'bni' as provider,
      lpad((row_number() over ())::text, 10, '0') as account_number, c.full_name as holder_name, c.nik as holder_nik,
      c.phone, 'true' as kyc, 'active' as status
    from (${chosen(people)}) c`,
};

/** What sending leaves behind when the bank has taken everything, with references of its own instead of derived ones. */
export const ACCEPTED = [
  'update instalments set order_number = 1',
  `insert into payment_orders (reference, instalment_id, order_number, amount_idr, channel, provider, account_number, holder_name, submitted_at, payout_run)
   select 'P' || lpad(i.instalment_id::text, 15, '0'), i.instalment_id, 1, i.amount_idr, a.channel, a.provider, a.account_number,
     a.holder_name, '${PAID_AT}', i.payout_run
   from instalments i join accounts a on a.reg = i.reg order by i.instalment_id`,
  `with moved as (select nextval('ledger_transactions') as id, reference, amount_idr from payment_orders)
   insert into ledger_entries (at, transaction_id, account, debit_idr, credit_idr, reference)
   select timestamptz '${PAID_AT}', id, 'in_flight', amount_idr, 0, reference from moved
   union all select timestamptz '${PAID_AT}', id, 'treasury', 0, amount_idr, reference from moved`,
  `update instalments set state = 'submitting'`,
  `update instalments set state = 'accepted'`,
  `update payout_runs set state = 'done'`,
  'vacuum analyze instalments, payment_orders, ledger_entries',
];

const balance = (type: string, idr: number) =>
  `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="IDR">${idr}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${BOOKED_ON}</Dt></Dt></Bal>`;

/** A camt.053 of that day with a debit for every order, line by line. */
export function statementOf(rows: number): string {
  const head = `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>BENCH</MsgId><CreDtTm>${PAID_AT}</CreDtTm></GrpHdr><Stmt><Id>BENCH-1</Id><CreDtTm>${PAID_AT}</CreDtTm><FrToDt><FrDtTm>${BOOKED_ON}T00:00:00+07:00</FrDtTm><ToDtTm>${BOOKED_ON}T23:59:59+07:00</ToDtTm></FrToDt><Acct><Id><Othr><Id>0123456789</Id></Othr></Id><Ccy>IDR</Ccy></Acct>${balance('OPBD', OPENING_IDR)}${balance('CLBD', OPENING_IDR - rows * INCENTIVE_IDR)}`;
  const entry = `format('<Ntry><Amt Ccy="IDR">%s.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>${BOOKED_ON}</Dt></BookgDt><ValDt><Dt>${BOOKED_ON}</Dt></ValDt><AcctSvcrRef>K%s</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>%s</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="IDR">%s.00</Amt></TxAmt></AmtDtls><RltdPties><CdtrAcct><Id><Othr><Id>%s</Id></Othr></Id></CdtrAcct></RltdPties></TxDtls></NtryDtls></Ntry>', amount_idr, instalment_id, reference, amount_idr, account_number)`;
  return `select line from (
    select 0::bigint as n, '${head}' as line
    union all select instalment_id, ${entry} from payment_orders
    union all select 9223372036854775807, '</Stmt></BkToCstmrStmt></Document>') l order by n`;
}
