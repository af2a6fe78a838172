import { isWellFormedNik, provinceCodes } from './nik.ts';

/** What somebody declared, as far as a slip of the pen can be seen in it. */
export interface Declared {
  readonly nik: string;
  readonly kk_number: string;
  /** YYYY-MM-DD */
  readonly birth_date: string;
  /** L or P. */
  readonly sex: string;
  /** Of residence. */
  readonly province_code: string;
}

/** The slips that are looked for; texts for the applicant are in slip-texts.ts. */
const slips = [
  'kk_typed_as_nik',
  'nik_and_kk_exchanged',
  'letter_or_blank',
  'woman_40',
  'digit_changed',
  'neighbours_swapped',
  'digit_missing',
  'digit_too_many',
  'birth_date',
] as const;
export type Slip = (typeof slips)[number];

export function isSlip(name: string): name is Slip {
  return (slips as readonly string[]).includes(name);
}

/** What one slip would explain: `changes` is what would have to stand there; without any, only that much is certain. */
export interface Candidate {
  readonly slip: Slip;
  readonly changes?: Partial<Pick<Declared, 'nik' | 'kk_number' | 'birth_date'>>;
}

/** One look-up each: more candidates than this would be guessing. */
const CANDIDATES_MAX = 3;

const DATE_AT = 6;
const DATE_END = 12;
const LENGTH = 16;
const WOMAN = 40;

/**
 * Every right value that differs from the declared one by a single slip and fits everything else that was declared: the
 * date and sex in the NIK (domain.md, "NIK") against the declared ones, its region against the KK's and the residence.
 * Likelier ones first, at most CANDIDATES_MAX. A NIK whose date agrees and whose region exists explains nothing.
 */
export function candidatesOf(declared: Declared): Candidate[] {
  const found: Candidate[] = [];
  const seen = new Set<string>();
  const add = (candidate: Candidate) => {
    const key = JSON.stringify(candidate.changes ?? candidate.slip);
    if (!seen.has(key)) found.push(candidate);
    seen.add(key);
  };
  for (const rule of rules) for (const candidate of rule(declared)) add(candidate);
  return found.slice(0, CANDIDATES_MAX);
}

type Rule = (declared: Declared) => Iterable<Candidate>;

/** Read from top to bottom; a rule that found something does not keep the next from looking. */
const rules: readonly Rule[] = [kkInPlaceOfNik, lettersAndBlanks, wrongDate, wrongRegion, wrongLength, wrongBirthDate];

/** The date part that a NIK of these people has: DDMMYY, 40 more in the day for women. */
function datePart({ birth_date, sex }: Declared): string {
  const [year = '', month = '', day = ''] = birth_date.split('-');
  const written = sex === 'P' ? String(Number(day) + WOMAN) : day;
  return `${written}${month}${year.slice(2)}`;
}

const dateOf = (nik: string) => nik.slice(DATE_AT, DATE_END);
const fits = (nik: string, declared: Declared) => isWellFormedNik(nik) && dateOf(nik) === datePart(declared);
const isDigits = (text: string) => text.length === LENGTH && /^\d+$/.test(text);

function* kkInPlaceOfNik(declared: Declared): Iterable<Candidate> {
  const { nik, kk_number } = declared;
  if (nik === kk_number) yield { slip: 'kk_typed_as_nik' };
  else if (fits(kk_number, declared) && !fits(nik, declared) && isDigits(nik))
    yield { slip: 'nik_and_kk_exchanged', changes: { nik: kk_number, kk_number: nik } };
}

const LETTERS: Readonly<Record<string, string>> = { O: '0', D: '0', I: '1', L: '1', Z: '2', S: '5', B: '8' };

function* lettersAndBlanks(declared: Declared): Iterable<Candidate> {
  for (const field of ['nik', 'kk_number'] as const) {
    const text = declared[field];
    const digits = text
      .toUpperCase()
      .replace(/[\s.\-–_]/g, '')
      .replace(/[A-Z]/g, (letter) => LETTERS[letter] ?? letter);
    if (digits === text || !isDigits(digits)) continue;
    if (field === 'kk_number' || fits(digits, declared))
      yield { slip: 'letter_or_blank', changes: { [field]: digits } };
  }
}

/** The NIK has the declared date when one digit is changed, two neighbours change places, or the 40 is added. */
function* wrongDate(declared: Declared): Iterable<Candidate> {
  const { nik } = declared;
  if (!isDigits(nik) || dateOf(nik) === datePart(declared)) return;
  const right = nik.slice(0, DATE_AT) + datePart(declared) + nik.slice(DATE_END);
  const slip = slipBetween(nik, right);
  if (slip && isWellFormedNik(right))
    yield { slip: isWoman40(nik, right) ? 'woman_40' : slip, changes: { nik: right } };
  // Neighbours across the border of the date: 6 and 7, 12 and 13.
  for (const at of [DATE_AT - 1, DATE_END - 1]) {
    const swapped = swap(nik, at);
    if (swapped !== nik && fits(swapped, declared)) yield { slip: 'neighbours_swapped', changes: { nik: swapped } };
  }
}

function isWoman40(nik: string, right: string): boolean {
  return Number(dateOf(right).slice(0, 2)) - Number(dateOf(nik).slice(0, 2)) === WOMAN;
}

/** Everything but the region agrees: the KK's region, or the residence's province, is one slip away. */
function* wrongRegion(declared: Declared): Iterable<Candidate> {
  const { nik, kk_number, province_code } = declared;
  if (!isDigits(nik) || dateOf(nik) !== datePart(declared)) return;
  const regions = isDigits(kk_number) ? [kk_number.slice(0, DATE_AT)] : [];
  if (!provinceCodes.has(nik.slice(0, 2))) regions.push(province_code + nik.slice(2, DATE_AT));
  for (const region of regions) {
    const right = region + nik.slice(DATE_AT);
    const slip = slipBetween(nik, right);
    if (slip && isWellFormedNik(right)) yield { slip, changes: { nik: right } };
  }
}

/** One digit left out, or one typed twice: where the date comes out right again there are few places. */
function* wrongLength(declared: Declared): Iterable<Candidate> {
  const { nik } = declared;
  if (/^\d{17}$/.test(nik)) {
    for (let at = 0; at <= LENGTH; at++) {
      const right = nik.slice(0, at) + nik.slice(at + 1);
      if (fits(right, declared)) yield { slip: 'digit_too_many', changes: { nik: right } };
    }
  }
  if (/^\d{15}$/.test(nik)) {
    for (let at = DATE_AT; at < DATE_END; at++) {
      const right = nik.slice(0, at) + datePart(declared)[at - DATE_AT] + nik.slice(at);
      if (fits(right, declared)) yield { slip: 'digit_missing', changes: { nik: right } };
    }
  }
}

/** The NIK's own date and the declared one are one slip apart: the declared date may be the wrong one. */
function* wrongBirthDate(declared: Declared): Iterable<Candidate> {
  const { nik, birth_date } = declared;
  if (!isWellFormedNik(nik) || dateOf(nik) === datePart(declared)) return;
  const day = Number(nik.slice(DATE_AT, DATE_AT + 2));
  const isWoman = day > WOMAN;
  if (isWoman !== (declared.sex === 'P')) return;
  const written = `${birth_date.slice(0, 2)}${nik.slice(10, 12)}-${nik.slice(8, 10)}-${String(isWoman ? day - WOMAN : day).padStart(2, '0')}`;
  if (slipBetween(birth_date.replaceAll('-', ''), written.replaceAll('-', '')))
    yield { slip: 'birth_date', changes: { birth_date: written } };
}

/** The slip that makes `typed` of `right`; undefined when it takes more than one, or none. */
function slipBetween(typed: string, right: string): 'digit_changed' | 'neighbours_swapped' | undefined {
  const wrong = [...right].flatMap((digit, at) => (digit === typed[at] ? [] : [at]));
  const [first, second] = wrong;
  if (first === undefined) return undefined;
  if (second === undefined) return 'digit_changed';
  return wrong.length === 2 && second === first + 1 && swap(typed, first) === right ? 'neighbours_swapped' : undefined;
}

function swap(text: string, at: number): string {
  return text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2);
}
