import type { Layout } from './table.ts';

export type WalletKey =
  | 'reference'
  | 'ids'
  | 'batch'
  | 'gross'
  | 'fee'
  | 'currency'
  | 'status'
  | 'settledAt'
  | 'account'
  | 'name'
  | 'id'
  | 'reason';
export type WalletSum = 'total' | 'settled' | 'reversed' | 'failed';
export type WalletLabel = 'account' | 'period' | 'currency' | 'records' | WalletSum;

export const WALLET_SUMS: readonly WalletSum[] = ['total', 'settled', 'reversed', 'failed'];

const words = (names: string): readonly string[] => names.split(',').map((name) => name.trim());

/** What the wallet numbers a payout with. */
const WALLET_IDS = words('transaction id,transaction no,trx id,txn id,id transaksi,no transaksi,wallet reference');

/** Where our reference stands, the likeliest first: what the one who pays calls it, what nobody in particular does, the wallet's. */
const REFERENCES = [
  ...words('partner reference no,partner reference number,partner reference,original partner reference no'),
  ...words('partner trx id,partner transaction id,merchant reference,merchant reference no,client reference'),
  ...words('merchant trans id,merchant transaction id,merchant trx id,external id,external reference'),
  ...words('reference no,reference number,reference id,reference,ref no,ref'),
  ...words('no referensi,nomor referensi,id referensi,referensi'),
  ...words('order id,order no,merchant order id,payout reference,payout id,disbursement id'),
  ...WALLET_IDS,
];

/** When a payout was settled, or where no column says so, when it was completed, paid or begun. */
const SETTLED = [
  ...words('settled at,settled time,settled date,settlement time,settlement date,waktu settlement,tanggal settlement'),
  ...words('completed at,completion time,completed time,completion date,paid at,paid time,payment date'),
  ...words('transaction date,transaction time,trx date,tanggal transaksi,tgl transaksi,waktu transaksi'),
  ...words('date,tanggal,waktu,created at,created time,created date'),
];

/**
 * A wallet's settlement report. The wallets' own layouts differ and are not public, but for DANA's, which has neither a
 * status nor a total and does not say whether its amounts are rupiah or cents (its sister file has cents): not this format.
 * A net amount is none of these: it lacks the fee, which is not the payee's.
 */
export const WALLET: Layout<WalletKey, WalletLabel> = {
  bank: "wallet's settlement report",
  date: 'settledAt',
  columns: {
    reference: { names: REFERENCES, needed: true },
    ids: { names: REFERENCES, repeats: true },
    batch: { names: words('settlement batch id,settlement id,batch id,settlement batch,bulk id,id batch') },
    gross: {
      names: [
        ...words('gross amount,amount,transaction amount,trx amount,payout amount,transfer amount'),
        ...words('disbursement amount,amount value,nominal,nominal transaksi,nominal transfer'),
        ...words('jumlah,jumlah transaksi,jumlah transfer,nilai,nilai transaksi'),
      ],
      needed: true,
    },
    fee: { names: words('fee,fee amount,transaction fee,admin fee,biaya,biaya admin,biaya transaksi') },
    currency: { names: words('currency,ccy,mata uang,amount currency') },
    status: {
      names: [
        ...words('status,transaction status,payment status,payout status,disbursement status,settlement status'),
        ...words('latest transaction status,trx status,status transaksi,status pembayaran'),
      ],
      needed: true,
    },
    settledAt: { names: SETTLED, needed: true },
    account: {
      names: [
        ...words('customer no,customer number,customer phone,phone,phone number,mobile number,msisdn'),
        ...words('account number,account no,beneficiary account no,no hp,nomor hp,no handphone,nomor telepon'),
      ],
    },
    name: {
      names: words(
        'customer name,account name,beneficiary name,beneficiary account name,recipient name,name,nama,nama penerima',
      ),
    },
    id: { names: WALLET_IDS },
    reason: {
      names: [
        ...words('reason,failure reason,return reason,alasan,keterangan,description,deskripsi'),
        ...words('remark,remarks,note,notes,catatan,transaction status desc'),
      ],
      repeats: true,
    },
  },
  labels: {
    account: ['merchant id', 'partner id', 'merchant'],
    period: ['period', 'periode', 'settlement date', 'tanggal settlement'],
    currency: ['currency', 'mata uang'],
    total: ['total', 'grand total', 'jumlah'],
    settled: ['total settled', 'total berhasil'],
    reversed: ['total reversed', 'total dikembalikan'],
    failed: ['total failed', 'total gagal'],
    records: ['records', 'total records', 'total transactions', 'jumlah transaksi'],
  },
  named: { column: 'reference', anywhere: true, dated: WALLET_SUMS, undated: WALLET_SUMS },
};

export type WalletStatus = 'settled' | 'reversed' | 'failed' | 'pending';
/** Words, and SNAP's latestTransactionStatus; 07 (not found) says nothing of money. */
const STATUSES: readonly (readonly [WalletStatus, readonly string[]])[] = [
  ['settled', words('SETTLED,SUCCESS,SUCCESSFUL,SUCCEEDED,COMPLETED,DONE,PAID,SUKSES,BERHASIL,SELESAI,00')],
  ['reversed', words('REVERSED,REVERSAL,REFUNDED,REFUND,RETURNED,RETURN,RETUR,DIKEMBALIKAN,04')],
  ['failed', words('FAILED,REJECTED,EXPIRED,CANCELLED,CANCELED,GAGAL,DITOLAK,DIBATALKAN,KEDALUWARSA,05,06')],
  ['pending', words('PENDING,IN PROGRESS,IN PROCESS,PROCESSING,DIPROSES,01,02,03')],
];

/** Null: a word that is not known. */
export function walletStatusOf(text: string): WalletStatus | null {
  const word = text.toUpperCase().replace(/[\s_-]+/g, ' ');
  return STATUSES.find(([, known]) => known.includes(word))?.[0] ?? null;
}
