/** What finance does next, in both languages. */
export interface BreakStep {
  readonly id: string;
  readonly en: string;
}

/** About a break, by its type; nothing closes itself on a mismatch. */
export const breakSteps: Readonly<Record<string, BreakStep>> = {
  missing_in_bank: {
    id: 'Tanyakan kepada bank; jangan bayar lagi sebelum bank dan rekening koran sama-sama menyangkal.',
    en: 'Ask the bank; do not pay again before bank and statement both deny it.',
  },
  missing_in_ledger: {
    id: 'Cari asal debit ini; jika bukan milik kita, minta bank mengembalikan.',
    en: 'Find what this debit is; if it is not ours, have the bank give it back.',
  },
  amount_mismatch: {
    id: 'Bandingkan perintah dan rekening koran; selisihnya ditagih atau dikembalikan.',
    en: 'Compare order and statement; the difference is claimed or given back.',
  },
  payee_mismatch: {
    id: 'Pastikan siapa yang menerima; jika orang lain, minta bank menarik kembali.',
    en: 'Find out who has the money; if it is another person, have the bank recall it.',
  },
  duplicate_debit: {
    id: 'Pastikan debit mana yang masih berlaku; yang lebih dari satu dikembalikan bank, dengan referensi yang sama.',
    en: 'See which debits still stand; what is more than one the bank gives back, under the same reference.',
  },
  returned: {
    id: 'Minta peserta memperbaiki rekening; lalu perintah baru membayar. Jika yang kembali satu dari dua debit: selesai; bila debit lain untuk seluruh berkas: tanyakan dahulu kepada bank.',
    en: 'Ask the participant to correct the account; then a new order pays. If it was one of two debits: nothing more; where the other is of a whole file or call, ask the bank first.',
  },
  late: {
    id: 'Catat; bila sering, bicarakan dengan bank.',
    en: 'Note it; where it comes often, take it up with the bank.',
  },
  unreadable_line: {
    id: 'Minta berkas yang benar dari bank, lalu rekonsiliasi lagi.',
    en: 'Ask the bank for a right file, then reconcile again.',
  },
  statement_gap: {
    id: 'Minta rekening koran yang hilang, lalu rekonsiliasi.',
    en: 'Ask the bank for the missing statement, then reconcile it.',
  },
};

/** About what was missing (`missing_in_bank`) when a statement has shown it since. */
export const shownSinceStep: BreakStep = {
  id: 'Rekening koran kini menunjukkannya; tutup.',
  en: 'A statement shows it now; close it.',
};
