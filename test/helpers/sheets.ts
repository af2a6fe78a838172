import { type Debit, SOURCE_ACCOUNT } from './camt.ts';
import { TODAY } from './payout.ts';

/** Statements of the day as banks' and wallets' sheets tell it: the same movements as `statement` in camt.ts. */
const [year, month, dayOfMonth] = TODAY.split('-') as [string, string, string];
const SHORT_DAY = `${dayOfMonth}/${month}/${year.slice(2)}`;
const OPENING = 10_000_000;
const ACCOUNT = 'K-1';

const textOf = ({ reference, returned }: Debit) => `${returned ? 'RETUR' : 'PAY'} ${reference}`;
const signed = ({ idr, returned }: Debit) => (returned ? idr : -idr);
const sum = (debits: readonly Debit[]) => debits.reduce((total, one) => total + signed(one), 0);

/** With the balance before and behind each row; numbers no movement. */
export function bri(debits: readonly Debit[], opening = OPENING, account = SOURCE_ACCOUNT): string {
  const rows = debits.map((one, i) => {
    const before = opening + sum(debits.slice(0, i));
    const [debit, credit] = one.returned ? [0, one.idr] : [one.idr, 0];
    return `${account},${TODAY} 10:00:00,${textOf(one)},${before}.00,${debit}.00,${credit}.00,${before + signed(one)}.00`;
  });
  return ['NO_REKENING,TGL_TRANSAKSI,DESKRIPSI,SALDO_AWAL,DEBET,KREDIT,SALDO_AKHIR', ...rows, ''].join('\n');
}

/** Names no account; numbers its movements from 1. */
export function bni(debits: readonly Debit[], opening = OPENING): string {
  const row = (journal: string, text: string, debit: number, credit: number) =>
    `${SHORT_DAY} 10.00.00,${SHORT_DAY} 10.00.00,0988,${journal},${text},${debit}.00,${credit}.00`;
  const rows = debits.map((one, i) =>
    row(String(i + 1), textOf(one), one.returned ? 0 : one.idr, one.returned ? one.idr : 0),
  );
  return [
    'Post Date,Value Date,Branch,Journal No.,Description,Debit,Credit',
    row('', 'SALDO AWAL', 0, opening),
    ...rows,
    row('', 'SALDO AKHIR', 0, opening + sum(debits)),
    '',
  ].join('\n');
}

/** A wallet's settlement report; each payout by the wallet's own number. */
export function wallet(debits: readonly Debit[], account = ACCOUNT, day = TODAY): string {
  const rows = debits.map(
    ({ reference, idr, returned, bankReference }, i) =>
      `${day}T11:00:00+07:00,${reference},${idr},0,${returned ? 'REVERSED' : 'SETTLED'},${bankReference ?? `W-${day}-${i}`}`,
  );
  return [
    `Merchant ID,${account}`,
    'settled_at,partner_reference_no,amount,fee,status,transaction_id',
    ...rows,
    '',
  ].join('\n');
}
