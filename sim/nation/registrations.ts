/** One registration: what the applicant typed, and the line of registrations.csv. */
import type { Fate } from './fates.ts';
import { malformed } from './malformed.ts';
import { addressWord } from './names.ts';
import type { Nation } from './nation.ts';
import { type Person, personOf } from './person.ts';
import { Purpose } from './random.ts';
import { DAY, dateOf, eightDigits, field, iso, wibDayOf } from './text.ts';

export interface Registration {
  readonly index: number;
  readonly position: number;
  readonly id: string;
  /** Seconds since 1970. */
  readonly registeredAt: number;
  /** What goes wrong with this registration; what goes wrong with the person is in `person`. */
  readonly fate: Fate;
  readonly person: Person;
  readonly nikMalformed: boolean;
  readonly nik: string;
  readonly kk: string;
  readonly birthDay: number;
  readonly email: string;
  readonly phone: string;
  readonly inSchool: boolean;
}

export const REGISTRATION_COLUMNS =
  'registration_id,registered_at,nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,email,phone,province_code,employment,education,in_school,disability';

/** Most start with R; the rest sort differently by bytes than by language, or by number. */
function identifier(nation: Nation, index: number, position: number): string {
  const share = nation.dice.bits(index, Purpose.identifier) & 255;
  const head = share < 250 ? 'R' : (['r', 'R-', 'R_', 'R.', 'a', 'Z'][share - 250] as string);
  return head + eightDigits(nation.first + position);
}

const PERSON_FATES: ReadonlySet<Fate> = new Set<Fate>([
  'nik_not_found',
  'nik_duplicate_record',
  'nik_deceased',
  'nik_inactive',
]);

/** A repeat keeps its own typing errors; what is true of the person was drawn for the first registration. */
function ownFate(nation: Nation, index: number, person: Person): Fate {
  if (index === person.index) return person.fate;
  const fate = nation.fateOf(index);
  return PERSON_FATES.has(fate) ? 'kk_mismatch' : fate;
}

const DOMAINS =
  'gmail.com gmail.com gmail.com gmail.com gmail.com gmail.com gmail.com gmail.com gmail.com yahoo.com yahoo.com yahoo.co.id hotmail.com ymail.com outlook.com rocketmail.com'.split(
    ' ',
  );
const TYPO_DOMAINS = ['gmial.com', 'gamil.com', 'yaho.com', 'hotmial.com'];
const DISPOSABLE = ['mailinator.com', 'guerrillamail.com', 'yopmail.com', '10minutemail.com', 'trashmail.com'];

function emailOf(nation: Nation, index: number, fate: Fate): string {
  const bits = nation.dice.bits(index, Purpose.address);
  const local = `${addressWord(bits)}${bits >>> 31 ? '.' : ''}${index.toString(36)}`;
  const domain = DOMAINS[nation.dice.bits(index, Purpose.domain) % DOMAINS.length] as string;
  const kind = (bits >>> 16) & 0xff;
  if (fate === 'email_disposable') return `${local}@${DISPOSABLE[kind % DISPOSABLE.length]}`;
  if (fate === 'email_hard_bounce' && kind % 6 === 0) return `${local}@${TYPO_DOMAINS[kind % TYPO_DOMAINS.length]}`;
  if (fate !== 'email_syntax') return `${local}@${domain}`;
  return [
    `${local}.${domain}`,
    `${local}@@${domain}`,
    `${local}@mail@${domain}`,
    `budi ${local}@${domain}`,
    `${local}@`,
  ][kind % 5] as string;
}

const PHONE_HEADS = '0811 0812 0813 0821 0822 0852 0853 0856 0857 0858 0877 0878 0881 0895 0896'.split(' ');

function phoneOf(nation: Nation, index: number): string {
  const head = PHONE_HEADS[nation.dice.bits(index, Purpose.phone) % PHONE_HEADS.length] as string;
  return head + eightDigits((index * 61 + 7) % 100_000_000);
}

/** Two neighbouring digits exchanged, or one digit changed: never the same number. */
function wrongKk(kk: string, bits: number): string {
  const at = 12 + (bits % 3);
  if (kk[at] !== kk[at + 1] && bits & 8) return kk.slice(0, at) + kk[at + 1] + kk[at] + kk.slice(at + 2);
  return kk.slice(0, at) + ((Number(kk[at]) + 1 + ((bits >>> 4) % 9)) % 10) + kk.slice(at + 1);
}

function wrongBirthDay(day: number, bits: number): number {
  return day - ([1, 9, 30, 365, 366, 3652][bits % 6] as number);
}

/** Computes the registration with this index. */
export function registrationOf(nation: Nation, index: number): Registration {
  const root = nation.rootOf(index);
  const person = personOf(nation, root);
  const fate = ownFate(nation, index, person);
  const { dice } = nation;
  const position = nation.positionOf(index);
  // A repeat of a malformed NIK repeats the same error.
  const speller = person.fate === 'nik_format' ? root : index;
  const nikMalformed = fate === 'nik_format' || person.fate === 'nik_format';
  const kkBits = dice.bits(index, Purpose.kkWrong);
  const birthBits = dice.bits(index, Purpose.birthWrong);
  const compound = dice.bits(index, Purpose.compound);
  const kkWrong = fate === 'kk_mismatch' || (fate === 'nik_deceased' && compound % 4 === 0);
  const birthWrong = fate === 'birth_date_mismatch' || (fate === 'kk_mismatch' && compound % 8 === 0);
  return {
    index,
    position,
    id: identifier(nation, index, position),
    registeredAt: nation.registeredAt(index),
    fate,
    person,
    nikMalformed,
    nik: nikMalformed ? malformed(person.nik, dice.bits(speller, Purpose.malformed)) : person.nik,
    kk: kkWrong ? wrongKk(person.kk, kkBits) : person.kk,
    birthDay: birthWrong ? wrongBirthDay(person.birthDay, birthBits) : person.birthDay,
    email: emailOf(nation, index, fate),
    phone: phoneOf(nation, index),
    inSchool: fate === 'in_school' || (fate === 'under_age' && compound % 3 === 0),
  };
}

const EMPLOYMENTS =
  'laid_off laid_off laid_off furloughed furloughed job_seeker job_seeker micro_business employed'.split(' ');
const EDUCATIONS = 'sd smp smp sma sma sma sma diploma s1 s2'.split(' ');
const EAST = 81;
const CENTRAL = 51;

/** The offset that the applicant's telephone shows: mostly WIB; some servers write Z. */
function offsetOf(nation: Nation, registration: Registration): number {
  const share = nation.dice.bits(registration.index, Purpose.offset) % 100;
  if (share < 4) return 0;
  // Near midnight the written date and the WIB date must differ now and then: that is what the edge cases are for.
  const local = registration.registeredAt - (wibDayOf(registration.registeredAt) * DAY - 7 * 3600);
  if (registration.person.fate.startsWith('edge_')) return local < 3600 ? 0 : 9;
  const province = Number(registration.person.region.province);
  if (province >= EAST) return share < 60 ? 9 : 7;
  return province >= CENTRAL && province !== 61 && province !== 62 && share < 60 ? 8 : 7;
}

/** The two-digit province of residence: the NIK's, or another one for people who moved. */
export function residenceOf(nation: Nation, index: number, person: Person): string {
  if (nation.dice.unit(index, Purpose.moved) >= 0.08) return person.region.province;
  return nation.regionOf(nation.first + nation.dice.below(index, Purpose.movedTo, nation.applicants)).province;
}

/** The line of registrations.csv. */
export function registrationLine(nation: Nation, registration: Registration): string {
  const { person, index } = registration;
  const work = nation.dice.bits(index, Purpose.work);
  const study = nation.dice.bits(index, Purpose.study);
  return `${registration.id},${iso(registration.registeredAt, offsetOf(nation, registration))},${registration.nik},${
    registration.kk
  },${field(person.name)},${person.birthPlace},${dateOf(registration.birthDay)},${person.woman ? 'P' : 'L'},${
    person.mother
  },${registration.email},${registration.phone},${residenceOf(nation, index, person)},${
    EMPLOYMENTS[work % EMPLOYMENTS.length]
  },${EDUCATIONS[study % EDUCATIONS.length]},${registration.inSchool},${(work >>> 16) % 50 === 0}\n`;
}
