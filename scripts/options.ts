import { refuse } from '../jobs/errors.ts';
import { isPersonName } from '../jobs/person.ts';
import { parseInstant } from '../jobs/time.ts';

/** @throws exit 2 unless it is a batch number */
export function batchNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw refuse(`"${text}" is not a batch number`);
  return Number(text);
}

/** @throws exit 2 naming the option unless it is an ISO time with an offset */
export function instant(option: string, text: string): Date {
  const at = parseInstant(text);
  if (!at) throw refuse(`${option} must be an ISO time with an offset, such as 2020-09-15T12:00:00+07:00`);
  return at;
}

/** @throws exit 2 when a person's name is missing, too long, or one of the program's own */
export function personName(option: string, text: string | undefined): string {
  const name = text?.trim() ?? '';
  if (!isPersonName(name) || name.length > 100) throw refuse(`${option} must name a person`);
  return name;
}

/** @throws exit 2 unless it is the number of a payout run */
export function runNumber(text: string): string {
  if (!/^[1-9]\d{0,17}$/.test(text)) throw refuse(`"${text}" is not a payout run`);
  return text;
}
