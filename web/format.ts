import { formatRupiah } from '../jobs/money.ts';
import { ZONE } from '../jobs/time.ts';
import type { Language } from './texts.ts';

const locales: Readonly<Record<Language, string>> = { id: 'id-ID', en: 'en-GB' };

/** Numbers, times and money as the reader of this language writes them. */
export interface Format {
  /** 5.600.000 in Indonesian, 5,600,000 in English. */
  count(n: number): string;
  /** A share of a whole with one decimal: "24,1 %"; a dash when there is no whole. */
  share(part: number, whole: number): string;
  /** "2 jam 5 mnt"; seconds only below a minute. */
  duration(seconds: number): string;
  /** "15 September 2020 pukul 12.00 WIB" */
  time(at: Date): string;
  /** "15 Sep 2020, 12.00 WIB" */
  shortTime(at: Date): string;
  /** "Rp1.600.000", the same in both languages: it is how the currency is written. */
  rupiah(digits: string): string;
}

const units: Readonly<Record<Language, { day: string; hour: string; minute: string; second: string }>> = {
  id: { day: 'hari', hour: 'jam', minute: 'mnt', second: 'dtk' },
  en: { day: 'd', hour: 'h', minute: 'min', second: 's' },
};

export function formatOf(language: Language): Format {
  const numbers = new Intl.NumberFormat(locales[language]);
  const shares = new Intl.NumberFormat(locales[language], { style: 'percent', maximumFractionDigits: 1 });
  const times = (dateStyle: 'long' | 'medium') =>
    new Intl.DateTimeFormat(locales[language], { timeZone: ZONE, dateStyle, timeStyle: 'short' });
  const [long, medium] = [times('long'), times('medium')];
  const unit = units[language];
  return {
    count: (n) => numbers.format(n),
    share: (part, whole) => (whole > 0 ? shares.format(part / whole) : '–'),
    duration: (seconds) => {
      const minutes = Math.round(seconds / 60);
      if (seconds < 60) return `${numbers.format(Math.ceil(seconds))} ${unit.second}`;
      if (minutes < 60) return `${minutes} ${unit.minute}`;
      if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} ${unit.hour} ${minutes % 60} ${unit.minute}`;
      return `${numbers.format(Math.round(minutes / 1440))} ${unit.day}`;
    },
    time: (at) => `${long.format(at)} WIB`,
    shortTime: (at) => `${medium.format(at)} WIB`,
    rupiah: (digits) => formatRupiah(BigInt(digits)),
  };
}
