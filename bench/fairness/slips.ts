import { isDate } from '../../jobs/time.ts';
import type { Random } from '../../test/crash/random.ts';

/** What of a registration a slip of the pen can spoil. */
export interface Typed {
  readonly nik: string;
  readonly kk_number: string;
  readonly birth_date: string;
  readonly sex: string;
}

const replaced = (text: string, at: number, by: string) => text.slice(0, at) + by + text.slice(at + 1);
const otherDigit = (digit: string, random: Random) => String((Number(digit) + random.int(1, 9)) % 10);

function digitChanged(text: string, random: Random): string {
  const at = random.int(0, text.length - 1);
  return replaced(text, at, otherDigit(text[at] as string, random));
}

function neighboursSwapped(text: string, random: Random): string {
  for (;;) {
    const at = random.int(0, text.length - 2);
    if (text[at] !== text[at + 1]) return text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2);
  }
}

/** One slip each, anywhere in the number: also where nothing declared could show it. */
export const slips: Readonly<Record<string, (right: Typed, random: Random) => Typed>> = {
  'NIK: a digit changed': (right, random) => ({ ...right, nik: digitChanged(right.nik, random) }),
  'NIK: neighbours swapped': (right, random) => ({ ...right, nik: neighboursSwapped(right.nik, random) }),
  'NIK: the 40 forgotten': (right, random) =>
    right.sex === 'P'
      ? { ...right, nik: replaced(right.nik, 6, String(Number(right.nik[6]) - 4)) }
      : { ...right, nik: digitChanged(right.nik, random) },
  'NIK: a digit missing': (right, random) => ({ ...right, nik: replaced(right.nik, random.int(0, 15), '') }),
  'NIK: a digit typed twice': (right, random) => {
    const at = random.int(0, 15);
    return { ...right, nik: right.nik.slice(0, at) + right.nik[at] + right.nik.slice(at) };
  },
  'NIK: blanks': (right) => ({ ...right, nik: right.nik.replace(/(\d{4})(?=\d)/g, '$1 ') }),
  'KK in place of the NIK': (right) => ({ ...right, nik: right.kk_number }),
  'NIK and KK exchanged': (right) => ({ ...right, nik: right.kk_number, kk_number: right.nik }),
  'KK: a digit changed': (right, random) => ({ ...right, kk_number: digitChanged(right.kk_number, random) }),
  'birth date: a digit changed': (right, random) => {
    for (;;) {
      const at = random.pick([3, 5, 6, 8, 9] as const);
      const wrong = replaced(right.birth_date, at, otherDigit(right.birth_date[at] as string, random));
      if (isDate(wrong) && wrong < '2002-01-01' && wrong > '1950-01-01') return { ...right, birth_date: wrong };
    }
  },
};
