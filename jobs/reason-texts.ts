import type { StageName } from './stages.ts';

export interface ReasonText {
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

/** Of those who wait on us: what they read, and what tells us that they do. */
export const NOTHING = {
  todo_id: 'Tidak perlu melakukan apa-apa; kami coba lagi.',
  todo_en: 'Nothing to do; we try again.',
};
export const FINAL = {
  todo_id: 'Tidak ada; ini mengikuti peraturan.',
  todo_en: 'Nothing; this follows the regulation.',
};
export const DUKCAPIL = {
  todo_id: 'Hubungi Dinas Dukcapil setempat, lalu ajukan perbaikan.',
  todo_en: 'Contact the local civil registry office, then send a correction.',
};
export const CORRECT = { todo_id: 'Perbaiki data ini di akun Anda.', todo_en: 'Correct it in your account.' };
const LIST = {
  todo_id: 'Jika daftar itu keliru, minta instansi pemilik daftar memperbaikinya.',
  todo_en: 'If the list is wrong, ask the institution that keeps it to correct it.',
};

export function excluded(id: string, en: string): ReasonText {
  return { stage: 'layer3', outcome: 'rejected', requeue: true, id, en, ...LIST };
}

/** Deciding this one registration fails: ours to mend, so a person of ours looks. */
export function ownError(stage: StageName) {
  return {
    stage,
    outcome: 'parked',
    requeue: true,
    id: 'Terjadi kesalahan pada sistem kami; petugas akan memeriksa.',
    en: 'Something in our system failed; a person will look.',
    ...NOTHING,
  } as const;
}
