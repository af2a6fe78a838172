const notPayableTexts = {
  account_missing: { id: 'Belum ada rekening tertaut.', en: 'No account is linked yet.' },
  account_holder_mismatch: { id: 'Rekening atas nama orang lain.', en: 'The account belongs to another person.' },
  account_kyc_missing: { id: 'Dompet digital belum terverifikasi penuh.', en: 'The e-wallet is not fully verified.' },
  account_not_active: { id: 'Rekening tidak aktif atau ditutup.', en: 'The account is not active or closed.' },
  account_corrected: {
    id: 'Rekening sudah diperbaiki; dibayar lagi dengan perintah baru.',
    en: 'The account was corrected; a new order pays again.',
  },
  bank_rejected: { id: 'Bank menolak pembayaran.', en: 'The bank refused the payment.' },
  held_by_operator: { id: 'Ditahan oleh petugas.', en: 'Held by an operator.' },
  payout_error: {
    id: 'Terjadi kesalahan pada sistem kami; petugas akan memeriksa.',
    en: 'Something in our system failed; a person will look.',
  },
  participation_revoked: { id: 'Kepesertaan dicabut.', en: 'The participation was revoked.' },
} as const;

/** Why an instalment is not paid now; `excluded_<list>` comes from the registry of reasons. */
export type PayoutReason = keyof typeof notPayableTexts;
export const payoutReasons: Readonly<Record<PayoutReason, { id: string; en: string }>> = notPayableTexts;
