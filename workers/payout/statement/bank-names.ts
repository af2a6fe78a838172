import type { BankLabel } from './bank-head.ts';

/**
 * What banks call the same thing, in Indonesian and in English. A bank's own names stand before these in its layout, for
 * they are likelier: of two columns that have a name, the first one listed counts.
 */
export const NAMES = {
  account: words('account no,account number,no rekening,nomor rekening,no rek'),
  currency: words('ccy,currency,mata uang,kode mata uang'),
  date: [
    ...words('post date,posting date,tanggal posting,tgl posting,transaction date,trx date'),
    ...words('tanggal transaksi,tgl transaksi,date,tanggal,tgl'),
  ],
  valueDate: words('value date,val date,effective date,tanggal valuta,tgl valuta,tgl val,tanggal efektif,tgl efektif'),
  description: [
    ...words('description,transaction description,remark,remarks,keterangan,keterangan transaksi'),
    ...words('uraian,uraian transaksi,rincian transaksi,deskripsi'),
  ],
  reference: words('reference no,reference number,reference,ref no,no referensi,nomor referensi,no ref,no reff'),
  debit: words('debit,debet,debit amount,amount debit,mutasi debit,mutasi debet,nominal debit,nominal debet'),
  credit: words('credit,kredit,credit amount,amount credit,mutasi kredit,nominal kredit'),
  opening: words('opening balance,beginning balance,saldo awal'),
  balance: words('balance,running balance,closing balance,ending balance,close balance,saldo,saldo akhir'),
} as const;

/** How banks name a row of sums. */
const TOTAL_NAMES = words('total,totals,total mutasi,total transaksi,grand total,sub total,jumlah,jumlah mutasi');

/** What stands around the table. */
export const LABELS: Readonly<Record<BankLabel, readonly string[]>> = {
  account: NAMES.account,
  period: words('period,periode,periode transaksi,transaction period,statement period'),
  currency: words('currency,mata uang,kode mata uang'),
  opening: words('opening balance,beginning balance,starting balance,saldo awal'),
  closing: words('closing balance,close balance,ending balance,saldo akhir'),
  debits: words('total debit,total debet,total amount debit,total debit amount,total mutasi debet,total mutasi debit'),
  credits: words('total credit,total kredit,total amount credit,total credit amount,total mutasi kredit'),
  total: TOTAL_NAMES,
};

function words(names: string): readonly string[] {
  return names.split(',');
}
