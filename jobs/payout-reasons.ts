/** What a bank says of an account when it is asked whose it is (SNAP BI, services 16 and 37). */
export type BankWord = 'confirmed' | 'other_name' | 'no_account' | 'not_active';

/** What an instalment that a run has taken waits for when training was corrected since. */
export const waitingReasons = {
  training_not_completed_and_rated: {
    id: 'Pelatihan belum diselesaikan dan diberi ulasan. Selesaikan pelatihan dan beri ulasan.',
    en: 'The training is not both completed and rated. Complete it and rate it.',
  },
  survey_not_answered: { id: 'Survei belum diisi. Isi surveinya.', en: 'The survey is not answered. Answer it.' },
} as const;

const notPayableTexts = {
  ...waitingReasons,
  account_missing: {
    id: 'Belum ada rekening tertaut. Tautkan rekening bank atau dompet digital atas nama Anda.',
    en: 'No account is linked yet. Link a bank account or an e-wallet of your own.',
  },
  account_number_invalid: {
    id: 'Nomor rekening kosong atau salah tulis. Periksa lalu tautkan lagi.',
    en: 'The account number is empty or spoilt. Check it and link it again.',
  },
  account_holder_mismatch: {
    id: 'Rekening atas nama orang lain. Tautkan rekening dengan NIK Anda sendiri.',
    en: 'The account belongs to another person. Link one that is under your own NIK.',
  },
  account_kyc_missing: {
    id: 'Dompet digital belum terverifikasi penuh. Verifikasi di aplikasinya lalu tautkan lagi.',
    en: 'The e-wallet is not fully verified. Have it verified in its app and link it again.',
  },
  account_not_active: {
    id: 'Rekening tidak aktif atau ditutup. Aktifkan di bank lalu tautkan lagi, atau tautkan rekening lain.',
    en: 'The account is not active or closed. Have the bank activate it and link it again, or link another account.',
  },
  account_name_mismatch: {
    id: 'Nama pemilik rekening di bank berbeda. Tautkan rekening atas nama Anda, dengan nama seperti di bank.',
    en: "The bank has the account under another name. Link an account of your own, with the holder's name as the bank has it.",
  },
  account_unknown_at_bank: {
    id: 'Bank tidak mengenal nomor rekening ini. Periksa nomornya lalu tautkan lagi.',
    en: 'The bank does not know this account number. Check the number and link the account again.',
  },
  account_corrected: {
    id: 'Rekening sudah diperbaiki; dibayar lagi dengan perintah baru.',
    en: 'The account was corrected; a new order pays again.',
  },
  bank_rejected: {
    id: 'Bank menolak pembayaran. Periksa rekening Anda di bank lalu tautkan lagi, atau tautkan rekening lain.',
    en: 'The bank refused the payment. Have the account put right at the bank and link it again, or link another account.',
  },
  bank_refused_us: {
    id: 'Bank menolak karena kesalahan di pihak kami; akan dibayar lagi, Anda tidak perlu berbuat apa-apa.',
    en: 'The bank refused for a fault of ours; it is paid again, there is nothing for you to do.',
  },
  later_order_lost: {
    id: 'Perintah bayar ini tidak sampai ke bank, yang berikutnya sampai dan sedang kami catat. Anda tidak perlu berbuat apa-apa.',
    en: 'This order never reached the bank, the next one did and is being entered in our books. There is nothing for you to do.',
  },
  returned: {
    id: 'Bank mengembalikan uangnya. Perbaiki rekening di bank lalu tautkan lagi, atau tautkan rekening lain.',
    en: 'The bank gave the money back. Have the account put right and link it again, or link another account.',
  },
  bank_contradiction: {
    id: 'Keterangan bank tentang pembayaran ini bertentangan; petugas akan memastikannya kepada bank.',
    en: 'What the bank says about this payment contradicts itself; a person will settle it with the bank.',
  },
  held_by_operator: { id: 'Ditahan oleh petugas.', en: 'Held by an operator.' },
  payout_error: {
    id: 'Terjadi kesalahan pada sistem kami; petugas akan memeriksa.',
    en: 'Something in our system failed; a person will look.',
  },
  run_stopped: {
    id: 'Pembayaran dihentikan sebelum dikirim ke bank; petugas akan menjadwalkan lagi.',
    en: 'The payout run was stopped before the bank got this; a person will have it paid again.',
  },
  participation_revoked: { id: 'Kepesertaan dicabut.', en: 'The participation was revoked.' },
} as const;

/** Why an instalment is not paid now; `excluded_<list>` comes from the registry of reasons. */
export type PayoutReason = keyof typeof notPayableTexts;
export const payoutReasons: Readonly<Record<PayoutReason, { id: string; en: string }>> = notPayableTexts;

/** What holds no payment here: what the bank has refused, and what it may. */
export const accountHints = {
  account_refused_by_bank: {
    id: 'Bank menolak atau mengembalikan pembayaran ke rekening ini. Perbaiki di bank lalu tautkan lagi, atau tautkan rekening lain.',
    en: 'The bank refused a payment to this account, or gave it back. Have it put right and link it again, or link another account.',
  },
  account_phone_differs: {
    id: 'Dompet digital memakai nomor ponsel lain daripada pendaftaran. Samakan nomornya, atau tautkan rekening lain.',
    en: 'The e-wallet has another phone number than the registration. Make them the same, or link another account.',
  },
} as const;
