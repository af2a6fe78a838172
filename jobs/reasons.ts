import type { StageName } from './stages.ts';

interface ReasonText {
  readonly stage: StageName;
  readonly outcome: 'rejected' | 'waiting' | 'parked';
  /** Whether operations may re-queue people with this reason. */
  readonly requeue: boolean;
  readonly id: string;
  readonly en: string;
  /** What the applicant can do, in both languages. */
  readonly todo_id: string;
  readonly todo_en: string;
}

const NOTHING = { todo_id: 'Tidak perlu melakukan apa-apa; kami coba lagi.', todo_en: 'Nothing to do; we try again.' };
const FINAL = { todo_id: 'Tidak ada; ini mengikuti peraturan.', todo_en: 'Nothing; this follows the regulation.' };
const DUKCAPIL = {
  todo_id: 'Hubungi Dinas Dukcapil setempat, lalu ajukan perbaikan.',
  todo_en: 'Contact the local civil registry office, then send a correction.',
};
const CORRECT = { todo_id: 'Perbaiki data ini di akun Anda.', todo_en: 'Correct it in your account.' };
const LIST = {
  todo_id: 'Jika daftar itu keliru, minta instansi pemilik daftar memperbaikinya.',
  todo_en: 'If the list is wrong, ask the institution that keeps it to correct it.',
};

function excluded(id: string, en: string): ReasonText {
  return { stage: 'layer3', outcome: 'rejected', requeue: true, id, en, ...LIST };
}

/** Deciding this one registration fails: ours to mend, so a person of ours looks. */
function ownError(stage: StageName) {
  return {
    stage,
    outcome: 'parked',
    requeue: true,
    id: 'Terjadi kesalahan pada sistem kami; petugas akan memeriksa.',
    en: 'Something in our system failed; a person will look.',
    ...NOTHING,
  } as const;
}

/** The one registry of reasons (contract, section 4): every decision that is not `passed` names one of these. */
export const reasons = {
  duplicate_nik: {
    stage: 'dedupe',
    outcome: 'rejected',
    requeue: false,
    id: 'NIK ini sudah terdaftar lebih dulu.',
    en: 'This NIK was registered earlier.',
    todo_id: 'Lanjutkan dengan pendaftaran yang pertama.',
    todo_en: 'Go on with the first registration.',
  },
  likely_duplicate: {
    stage: 'dedupe',
    outcome: 'parked',
    requeue: true,
    id: 'Mirip dengan pendaftaran lain; petugas akan memeriksa.',
    en: 'Resembles another registration; a person will look.',
    ...NOTHING,
  },

  email_syntax: {
    stage: 'email',
    outcome: 'rejected',
    requeue: true,
    id: 'Alamat surel tidak sah.',
    en: 'The e-mail address is not valid.',
    ...CORRECT,
  },
  email_disposable: {
    stage: 'email',
    outcome: 'rejected',
    requeue: true,
    id: 'Alamat surel sekali pakai tidak diterima.',
    en: 'Disposable e-mail addresses are not accepted.',
    ...CORRECT,
  },
  email_hard_bounce: {
    stage: 'email',
    outcome: 'rejected',
    requeue: true,
    id: 'Alamat surel tidak ada.',
    en: 'The e-mail address does not exist.',
    ...CORRECT,
  },
  email_complained: {
    stage: 'email',
    outcome: 'rejected',
    requeue: true,
    id: 'Surel kami ditandai sebagai spam.',
    en: 'Our mail was marked as spam.',
    ...CORRECT,
  },
  email_unreachable: {
    stage: 'email',
    outcome: 'rejected',
    requeue: true,
    id: 'Surel tidak terkirim setelah beberapa kali dicoba.',
    en: 'The mail could not be delivered after several tries.',
    ...CORRECT,
  },
  email_mailbox_full: {
    stage: 'email',
    outcome: 'waiting',
    requeue: true,
    id: 'Kotak surel penuh; kami kirim lagi.',
    en: 'The mailbox is full; we send again.',
    todo_id: 'Kosongkan kotak surel Anda.',
    todo_en: 'Make room in your mailbox.',
  },
  email_deferred: {
    stage: 'email',
    outcome: 'waiting',
    requeue: true,
    id: 'Server surel menunda; kami kirim lagi.',
    en: 'The mail server put us off; we send again.',
    ...NOTHING,
  },
  email_blocked: {
    stage: 'email',
    outcome: 'waiting',
    requeue: true,
    id: 'Server surel menolak pengirim kami; kami kirim lagi.',
    en: 'The mail server refuses our sender; we send again.',
    ...NOTHING,
  },
  email_no_answer: {
    stage: 'email',
    outcome: 'waiting',
    requeue: true,
    id: 'Surel belum dikonfirmasi.',
    en: 'The mail has not been confirmed yet.',
    todo_id: 'Periksa folder spam Anda.',
    todo_en: 'Look into your spam folder.',
  },

  nik_format: {
    stage: 'dukcapil',
    outcome: 'rejected',
    requeue: true,
    id: 'Susunan NIK tidak mungkin.',
    en: 'The NIK has an impossible structure.',
    ...CORRECT,
  },
  nik_not_found: {
    stage: 'dukcapil',
    outcome: 'rejected',
    requeue: true,
    id: 'NIK tidak ditemukan di Dukcapil.',
    en: 'The civil registry does not know this NIK.',
    ...CORRECT,
  },
  nik_duplicate_record: {
    stage: 'dukcapil',
    outcome: 'parked',
    requeue: true,
    id: 'Data ganda di Dukcapil; petugas akan memeriksa.',
    en: 'The registry holds two records; a person will look.',
    ...DUKCAPIL,
  },
  nik_deceased: {
    stage: 'dukcapil',
    outcome: 'rejected',
    requeue: true,
    id: 'Menurut Dukcapil pemegang NIK meninggal dunia.',
    en: 'The registry says the holder has died.',
    ...DUKCAPIL,
  },
  nik_inactive: {
    stage: 'dukcapil',
    outcome: 'rejected',
    requeue: true,
    id: 'NIK tidak aktif di Dukcapil.',
    en: 'The NIK is not active at the registry.',
    ...DUKCAPIL,
  },
  kk_mismatch: {
    stage: 'dukcapil',
    outcome: 'rejected',
    requeue: true,
    id: 'Nomor KK tidak sesuai dengan Dukcapil.',
    en: 'The KK number differs from the registry.',
    ...CORRECT,
  },
  birth_date_mismatch: {
    stage: 'dukcapil',
    outcome: 'rejected',
    requeue: true,
    id: 'Tanggal lahir tidak sesuai dengan Dukcapil.',
    en: 'The birth date differs from the registry.',
    ...CORRECT,
  },
  name_mismatch: {
    stage: 'dukcapil',
    outcome: 'rejected',
    requeue: true,
    id: 'Nama tidak sesuai dengan Dukcapil.',
    en: 'The name differs from the registry.',
    ...CORRECT,
  },
  registry_timeout: {
    stage: 'dukcapil',
    outcome: 'waiting',
    requeue: true,
    id: 'Dukcapil belum menjawab.',
    en: 'The registry has not answered.',
    ...NOTHING,
  },
  registry_unavailable: {
    stage: 'dukcapil',
    outcome: 'waiting',
    requeue: true,
    id: 'Dukcapil sedang tidak dapat dihubungi.',
    en: 'The registry cannot be used at the moment.',
    ...NOTHING,
  },
  registry_quota: {
    stage: 'dukcapil',
    outcome: 'waiting',
    requeue: true,
    id: 'Kuota Dukcapil hari ini habis.',
    en: "Today's registry quota is used up.",
    ...NOTHING,
  },
  registry_not_configured: {
    stage: 'dukcapil',
    outcome: 'waiting',
    requeue: true,
    id: 'Pemeriksaan Dukcapil belum diatur.',
    en: 'The registry look-up is not set up yet.',
    ...NOTHING,
  },

  under_age: {
    stage: 'layer3',
    outcome: 'rejected',
    requeue: true,
    id: 'Belum cukup umur pada hari pendaftaran.',
    en: 'Under age on the day of registration.',
    ...FINAL,
  },
  over_age: {
    stage: 'layer3',
    outcome: 'rejected',
    requeue: true,
    id: 'Melebihi batas umur pada hari pendaftaran.',
    en: 'Over the age limit on the day of registration.',
    ...FINAL,
  },
  in_school: {
    stage: 'layer3',
    outcome: 'rejected',
    requeue: true,
    id: 'Masih bersekolah menurut pengakuan sendiri.',
    en: 'In formal education, as declared.',
    ...FINAL,
  },
  excluded_stop_list: excluded('Ada di daftar henti.', 'On the stop list.'),
  excluded_asn: excluded('Terdaftar sebagai ASN.', 'Listed as a civil servant.'),
  excluded_tni: excluded('Terdaftar sebagai anggota TNI.', 'Listed as a member of the armed forces.'),
  excluded_polri: excluded('Terdaftar sebagai anggota Polri.', 'Listed as a member of the police.'),
  excluded_state_official: excluded('Terdaftar sebagai pejabat negara.', 'Listed as a state official.'),
  excluded_village_official: excluded('Terdaftar sebagai perangkat desa.', 'Listed as a village official.'),
  excluded_bumn_officer: excluded(
    'Terdaftar sebagai pejabat BUMN atau BUMD.',
    'Listed as an officer of a state enterprise.',
  ),
  excluded_in_school: excluded('Terdaftar di data sekolah.', 'Listed in the school database.'),
  excluded_social_assistance: excluded(
    'Terdaftar sebagai penerima bantuan sosial.',
    'Listed as a recipient of social assistance.',
  ),
  email_error: ownError('email'),
  dukcapil_error: ownError('dukcapil'),
  layer3_error: ownError('layer3'),
  phone_unverified: {
    stage: 'layer3',
    outcome: 'waiting',
    requeue: true,
    id: 'Nomor telepon belum diverifikasi.',
    en: 'The phone number is not verified yet.',
    todo_id: 'Masukkan kode OTP yang kami kirim.',
    todo_en: 'Enter the OTP code that we sent.',
  },
  already_participant: {
    stage: 'assignment',
    outcome: 'rejected',
    requeue: false,
    id: 'Sudah menjadi peserta pada gelombang lain.',
    en: 'Takes part already, by the decree of another batch.',
    ...FINAL,
  },
} as const satisfies Record<string, ReasonText>;

export type Reason = keyof typeof reasons;

export function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text);
}
