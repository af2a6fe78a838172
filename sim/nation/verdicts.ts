/** What the pipeline must decide: the rules of contract section 4, written a second time and independently of it. */
import type { Nation } from './nation.ts';
import type { RegistryState } from './person.ts';
import { type Registration, registrationOf } from './registrations.ts';
import { dateOf, dayOf, wibDayOf } from './text.ts';

export type Stage = 'email' | 'dukcapil' | 'layer3';
export type Outcome = 'passed' | 'rejected' | 'waiting' | 'parked';

/** The last verdict of a registration; the stages before it were passed. */
export interface Verdict {
  readonly stage: Stage;
  readonly outcome: Outcome;
  /** Empty when passed. */
  readonly reason: string;
}

/** A registration and what becomes of it; without a verdict it is rejected as a duplicate. */
export interface Judged {
  readonly registration: Registration;
  readonly verdict: Verdict | undefined;
  /** Whether any registration of this person passes layer 3. */
  readonly personPasses: boolean;
}

const AGE_MIN = 18;
const SURELY_ADULT_DAY = dayOf('2002-01-01');
const PASSED: Verdict = { stage: 'layer3', outcome: 'passed', reason: '' };

const WAITING = new Set(['email_mailbox_full', 'email_deferred', 'email_blocked', 'email_no_answer']);
const REGISTRY_REASONS: Record<Exclude<RegistryState, 'active'>, Verdict> = {
  absent: { stage: 'dukcapil', outcome: 'rejected', reason: 'nik_not_found' },
  duplicate: { stage: 'dukcapil', outcome: 'parked', reason: 'nik_duplicate_record' },
  two_lines: { stage: 'dukcapil', outcome: 'parked', reason: 'nik_duplicate_record' },
  deceased: { stage: 'dukcapil', outcome: 'rejected', reason: 'nik_deceased' },
  inactive: { stage: 'dukcapil', outcome: 'rejected', reason: 'nik_inactive' },
};

function rejected(stage: Stage, reason: string): Verdict {
  return { stage, outcome: 'rejected', reason };
}

/** Of age on the day of registration in Jakarta; born on 29 February: on 1 March. */
function ofAge(birthDay: number, registeredAt: number): boolean {
  if (birthDay < SURELY_ADULT_DAY) return true;
  const born = dateOf(birthDay);
  return dateOf(wibDayOf(registeredAt)) >= `${Number(born.slice(0, 4)) + AGE_MIN}${born.slice(4)}`;
}

function layer3(registration: Registration): Verdict {
  const { person } = registration;
  if (!ofAge(registration.birthDay, registration.registeredAt)) return rejected('layer3', 'under_age');
  if (registration.inSchool) return rejected('layer3', 'in_school');
  if (person.lists.length > 0) return rejected('layer3', `excluded_${person.lists[0]}`);
  if (registration.fate === 'phone_unverified') {
    return { stage: 'layer3', outcome: 'waiting', reason: 'phone_unverified' };
  }
  return PASSED;
}

/** The last verdict of a registration that stands, whatever others of the same person are. */
function judge(registration: Registration): Verdict {
  const { fate, person } = registration;
  if (fate.startsWith('email_')) {
    return { stage: 'email', outcome: WAITING.has(fate) ? 'waiting' : 'rejected', reason: fate };
  }
  if (registration.nikMalformed) return rejected('dukcapil', 'nik_format');
  if (person.registry !== 'active') return REGISTRY_REASONS[person.registry];
  if (registration.kk !== person.kk) return rejected('dukcapil', 'kk_mismatch');
  if (registration.birthDay !== person.birthDay) return rejected('dukcapil', 'birth_date_mismatch');
  return layer3(registration);
}

/** Earlier registrations first; at the same instant the lower id by bytes (ids are ASCII). */
function standing(a: Registration, b: Registration): number {
  return a.registeredAt - b.registeredAt || (a.id < b.id ? -1 : 1);
}

function givesWay(verdict: Verdict): boolean {
  return verdict.outcome === 'rejected' && verdict.stage !== 'layer3';
}

/** Judges a registration among all registrations of the same person. */
export function judgeAmongAll(nation: Nation, registration: Registration): Judged {
  const members = nation.membersOf(registration.person.index);
  const own = judge(registration);
  if (members.length === 1 || registration.nikMalformed) {
    return { registration, verdict: own, personPasses: own === PASSED };
  }
  const rivals = members
    .map((index) => (index === registration.index ? registration : registrationOf(nation, index)))
    .filter((rival) => !rival.nikMalformed)
    .sort(standing);
  let verdict: Verdict | undefined;
  for (const rival of rivals) {
    const theirs = judge(rival);
    if (rival === registration) verdict = theirs;
    if (!givesWay(theirs)) return { registration, verdict, personPasses: theirs === PASSED };
  }
  return { registration, verdict, personPasses: false };
}
