/** NIKs that cannot be: what people type. */

type Spoiler = (nik: string) => string;

function withDay(nik: string, day: string, month = nik.slice(8, 10), year = nik.slice(10, 12)): string {
  return nik.slice(0, 6) + day + month + year + nik.slice(12);
}

function isWoman(nik: string): boolean {
  return nik.charCodeAt(6) >= 52;
}

/** Each breaks one rule of the contract's section 4, stage 3. */
const SPOILERS: readonly Spoiler[] = [
  (nik) => `${nik.slice(0, 5)}O${nik.slice(6)}`,
  (nik) => nik.slice(0, 15),
  (nik) => `${nik}7`,
  (nik) => withDay(nik, isWoman(nik) ? '71' : '31', '02'),
  (nik) => withDay(nik, isWoman(nik) ? '69' : '29', '02', '93'),
  (nik) => `${nik.slice(0, 12)}0000`,
  (nik) => `99${nik.slice(2)}`,
  (nik) => `20${nik.slice(2)}`,
  (nik) => withDay(nik, '72', '01'),
  (nik) => withDay(nik, '35', '01'),
  (nik) => withDay(nik, isWoman(nik) ? '40' : '00'),
  (nik) => withDay(nik, nik.slice(6, 8), '13'),
  (nik) => `${nik.slice(0, 6)} ${nik.slice(6)}`,
  (nik) => `${nik.slice(0, 6)}-${nik.slice(7)}`,
];

/** Spoils a well-formed NIK in one of fourteen ways. */
export function malformed(nik: string, bits: number): string {
  return (SPOILERS[bits % SPOILERS.length] as Spoiler)(nik);
}
