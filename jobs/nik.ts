/**
 * The structure of a NIK: PPKKCC DDMMYY SSSS; women carry 40 more in the day; serial from 0001; no check digit.
 * Valid province codes are the union of the vintages: 34 of 2020, and 93 to 96 since 2022 (domain.md, "NIK").
 */
const PROVINCES =
  '11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96';
export const provinceCodes: ReadonlySet<string> = new Set(PROVINCES.split(' '));

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const WOMAN = 40;

/**
 * Whether anybody could hold this NIK. What fails here is `nik_format`, and no look-up is spent on it.
 * An unknown regency or district is not judged here: the registry is asked. 29 February only where the two-digit year
 * is a leap year of either century (00: 2000 was one, 1900 was not).
 */
export function isWellFormedNik(nik: string): boolean {
  if (!/^\d{16}$/.test(nik) || !provinceCodes.has(nik.slice(0, 2)) || nik.endsWith('0000')) return false;
  const dayOrWoman = Number(nik.slice(6, 8));
  const day = dayOrWoman > WOMAN ? dayOrWoman - WOMAN : dayOrWoman;
  const month = Number(nik.slice(8, 10));
  const days = DAYS_IN_MONTH[month - 1];
  if (days === undefined || day < 1 || day > days) return false;
  return !(month === 2 && day === 29 && Number(nik.slice(10, 12)) % 4 !== 0);
}
