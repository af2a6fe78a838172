/** The civil registry: civil-registry.csv. */
import type { Nation } from './nation.ts';
import { type Person, personOf } from './person.ts';
import { Purpose } from './random.ts';
import { residenceOf } from './registrations.ts';
import { dateOf, field } from './text.ts';

export const REGISTRY_COLUMNS = 'nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,province_code,status';

/** The registry writes capitals, and knows no academic titles in three of four cases. */
function registeredName(name: string, bits: number): string {
  const comma = name.indexOf(', ');
  return (comma > 0 && bits & 3 ? name.slice(0, comma) : name).toUpperCase();
}

function line(nation: Nation, person: Person, kk: string, status: string): string {
  const bits = nation.dice.bits(person.index, Purpose.registry);
  return `${person.nik},${kk},${field(registeredName(person.name, bits >>> 8))},${person.birthPlace.toUpperCase()},${dateOf(
    person.birthDay,
  )},${person.woman ? 'P' : 'L'},${person.mother.toUpperCase()},${residenceOf(nation, person.index, person)},${status}\n`;
}

/** The lines of a person; the same line twice (one in 4,096) is one record, two different lines are a duplicate. */
export function registryLines(nation: Nation, person: Person): string {
  switch (person.registry) {
    case 'absent':
      return '';
    case 'two_lines': {
      const otherKk = person.kk.slice(0, 15) + ((Number(person.kk[15]) + 3) % 10);
      return line(nation, person, person.kk, 'active') + line(nation, person, otherKk, 'active');
    }
    case 'active': {
      const active = line(nation, person, person.kk, 'active');
      return (nation.dice.bits(person.index, Purpose.registry) >>> 12) % 4_096 === 0 ? active + active : active;
    }
    default:
      return line(nation, person, person.kk, person.registry);
  }
}

/** Somebody who is in the registry and never registered. */
export function extraPerson(nation: Nation, index: number): Person | undefined {
  const stranger = nation.strangerAt(index);
  return stranger === undefined ? undefined : personOf(nation, stranger);
}
