import type { Slip } from './slips.ts';

interface SlipText {
  readonly id: string;
  readonly en: string;
}

/** What the applicant is asked to look at. No text names the number that we think is right. */
export const slipTexts: Readonly<Record<Slip, SlipText>> = {
  kk_typed_as_nik: {
    id: 'Nomor KK tampaknya diisi pada kolom NIK. Salin NIK dari KTP Anda.',
    en: 'The KK number seems to stand in place of the NIK. Copy the NIK from your identity card.',
  },
  nik_and_kk_exchanged: {
    id: 'NIK dan nomor KK tampaknya tertukar. Periksa keduanya pada KTP dan KK Anda.',
    en: 'NIK and KK number seem to have changed places. Check both on your identity card and family card.',
  },
  letter_or_blank: {
    id: 'Ada huruf, spasi, atau tanda hubung di dalam nomor. NIK dan nomor KK terdiri dari 16 angka saja.',
    en: 'There is a letter, a blank or a dash in a number. NIK and KK number have 16 digits and nothing else.',
  },
  woman_40: {
    id: 'Pada NIK perempuan tanggal lahir ditambah 40. Periksa angka ke-7 dan ke-8 pada KTP Anda.',
    en: "A woman's NIK has 40 added to the day of birth. Check the 7th and 8th digit on your identity card.",
  },
  digit_changed: {
    id: 'Satu angka NIK tampaknya keliru. Bandingkan angka demi angka dengan KTP Anda.',
    en: 'One digit of the NIK seems to be wrong. Compare it digit by digit with your identity card.',
  },
  neighbours_swapped: {
    id: 'Dua angka NIK yang bersebelahan tampaknya tertukar. Bandingkan angka demi angka dengan KTP Anda.',
    en: 'Two neighbouring digits of the NIK seem to have changed places. Compare it digit by digit with your identity card.',
  },
  digit_missing: {
    id: 'Satu angka NIK tampaknya terlewat. NIK terdiri dari 16 angka.',
    en: 'One digit of the NIK seems to be missing. A NIK has 16 digits.',
  },
  digit_too_many: {
    id: 'Satu angka NIK tampaknya berlebih. NIK terdiri dari 16 angka.',
    en: 'The NIK seems to have one digit too many. A NIK has 16 digits.',
  },
  birth_date: {
    id: 'Tanggal lahir tampaknya keliru satu angka. Periksa pada KTP Anda.',
    en: 'One digit of the birth date seems to be wrong. Check it on your identity card.',
  },
};
