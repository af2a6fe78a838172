import { passed, type Verdict, verdict } from '../../jobs/verdict.ts';

/** One registration of a person, as dedupe sees it. */
export interface Submission {
  readonly registrationId: string;
  /** Milliseconds since the epoch. */
  readonly registeredAt_ms: number;
  /** Finally rejected at email or dukcapil: it gives way to the person's next one. */
  readonly gaveWay: boolean;
}

export interface Person {
  readonly submissions: readonly Submission[];
  /** The registration that stands and no longer changes because the person has joined a closed batch; null otherwise. */
  readonly kept: string | null;
}

/**
 * Registrations with one NIK are one person; the earliest that has not given way stands, the others name it
 * (contract, section 4.1). Those that gave way before it keep `passed`; a later one that was rejected while it stood for
 * a while is a duplicate again, so that the order of arrival decides nothing. Ties of time go to the lowest
 * registration_id, bytewise. The SQL in store.ts does the same
 * for everybody at once and is property-tested against this.
 */
export function decidePerson(person: Person): Map<string, Verdict> {
  const ordered = [...person.submissions].sort(earlier);
  const kept = ordered.find((submission) => submission.registrationId === person.kept && !submission.gaveWay);
  const stands = kept ?? ordered.find((submission) => !submission.gaveWay);
  const place = stands ? ordered.indexOf(stands) : ordered.length;
  return new Map(
    ordered.map((submission, i) => [
      submission.registrationId,
      i === place || (i < place && submission.gaveWay) ? passed() : verdict('duplicate_nik', stands?.registrationId),
    ]),
  );
}

function earlier(a: Submission, b: Submission): number {
  return a.registeredAt_ms - b.registeredAt_ms || (a.registrationId < b.registrationId ? -1 : 1);
}
