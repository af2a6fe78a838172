import { fail } from '../../jobs/errors.ts';
import type { DecreeLine } from './decree.ts';
import { LineError } from './lines.ts';
import { findInPool, type Pool } from './pool.ts';
import type { DrawResult } from './result.ts';

/** What is published beside decree.csv. */
export const decreeFile = { annex: 'annex.csv', document: 'decree.json', page: 'decree.pdf' } as const;

/** What a decree comes to, in people. */
export interface DecreeCounts {
  readonly selected: number;
  readonly confirmed: number;
  /** Those on the waiting list who were screened out when their turn came are among them. */
  readonly removed: number;
  readonly promoted: number;
  /** The confirmed and the promoted. */
  readonly participants: number;
  /** Places of removed people that nobody took. */
  readonly free: number;
}

/** decree.json. */
export interface DecreeDocument extends DecreeCounts {
  readonly annex_sha256: string;
  readonly batch: number;
  /** Of the whole commitment.json, as sha256sum prints it. */
  readonly commitment_sha256: string;
  /** Its number. */
  readonly decree: string;
  readonly decree_csv_sha256: string;
  readonly seed: string;
  /** ISO time in UTC. */
  readonly set_at: string;
  /** Says so where the name was not verified. */
  readonly set_by: string;
}

/** Counts the lines of a decree as they pass. */
export class DecreeTally {
  readonly #isSelected: (registrationId: string) => boolean;
  readonly #selected: number;
  #confirmed = 0;
  #removed = 0;
  #removedSelected = 0;
  #promoted = 0;

  constructor(pool: Pool, result: DrawResult) {
    const selected = new Uint8Array(pool.size);
    for (const index of result.entries.subarray(0, result.selectedCount)) selected[index] = 1;
    this.#isSelected = (registrationId) => selected[findInPool(pool, registrationId) ?? pool.size] === 1;
    this.#selected = result.selectedCount;
  }

  add({ registrationId, decision }: DecreeLine): void {
    if (decision === 'confirmed') this.#confirmed++;
    else if (decision === 'promoted') this.#promoted++;
    else {
      this.#removed++;
      if (this.#isSelected(registrationId)) this.#removedSelected++;
    }
  }

  /** @throws exit 1 unless every selected person is confirmed or removed, and no place was given twice */
  counts(): DecreeCounts {
    const selected = this.#selected;
    const participants = this.#confirmed + this.#promoted;
    const free = this.#removedSelected - this.#promoted;
    if (selected !== this.#confirmed + this.#removedSelected || free < 0)
      throw fail(
        `the decree does not conserve: ${selected} selected, ${this.#confirmed} of them confirmed and ${this.#removedSelected} removed, ${this.#promoted} promoted. Nothing was published; tell who maintains this program`,
      );
    return {
      ...{ selected, confirmed: this.#confirmed, removed: this.#removed },
      ...{ promoted: this.#promoted, participants, free },
    };
  }
}

/** The lines of a decree that name participants, in their order. */
export function isParticipant({ decision }: DecreeLine): boolean {
  return decision !== 'removed';
}

/**
 * One line of annex.csv with its LF: `number,registration_id,province_code,nik_masked`. Of the NIK's 16 digits the
 * first four and the last two are shown (domain.md): neither the district nor the date of birth.
 * @throws exit 1 when it is no NIK
 */
export function annexLine(number: number, registrationId: string, provinceCode: string, nik: string): string {
  if (!/^\d{16}$/.test(nik)) throw fail(`${registrationId}: its NIK is not 16 digits, so it cannot be in the annex`);
  return `${annexStart(number, registrationId, provinceCode)},${nik.slice(0, 4)}${HIDDEN}${nik.slice(-2)}\n`;
}

const HIDDEN = '*'.repeat(10);
const MASKED = /^\d{4}\*{10}\d{2}$/;

function annexStart(number: number, registrationId: string, provinceCode: string): string {
  return `${number},${registrationId},${provinceCode}`;
}

/**
 * Compares a line of annex.csv, without its LF, with whose it must be. No message repeats the NIK, for it may be whole.
 * @throws LineError
 */
export function checkAnnexLine(
  text: string,
  line: number,
  must: { readonly registrationId: string; readonly provinceCode: string } | undefined,
): void {
  const end = text.lastIndexOf(',');
  const found = text.slice(0, Math.max(0, end));
  if (must === undefined) throw new LineError(line, `is one too many: "${found}"`);
  const start = annexStart(line, must.registrationId, must.provinceCode);
  if (found !== start) throw new LineError(line, `is "${found}", must be "${start}"`);
  if (!MASKED.test(text.slice(end + 1)))
    throw new LineError(line, 'nik_masked is not 4 digits, 10 asterisks and 2 digits');
}

/** @throws LineError for the participant whose line a file should have had next */
export function missingAnnexLine(line: number, registrationId: string, provinceCode: string): LineError {
  return new LineError(line, `is missing; it must be "${annexStart(line, registrationId, provinceCode)}"`);
}

/** The text of decree.json: canonical JSON (keys sorted, no blanks) and LF. */
export function decreeDocumentText(document: DecreeDocument): string {
  const { annex_sha256, batch, commitment_sha256, confirmed, decree, decree_csv_sha256, free } = document;
  const { participants, promoted, removed, seed, selected, set_at, set_by } = document;
  const first = { annex_sha256, batch, commitment_sha256, confirmed, decree, decree_csv_sha256, free };
  return `${JSON.stringify({ ...first, participants, promoted, removed, seed, selected, set_at, set_by })}\n`;
}

/**
 * Reads the text of a decree.json, LF included.
 * @throws LineError naming the first field that is wrong, when the text is not canonical, or when people get lost in it
 */
export function parseDecreeDocument(text: string): DecreeDocument {
  const body = parseObject(text);
  const isHash = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isText = (value: unknown) => typeof value === 'string' && value !== '' && value.length <= 200;
  const isTime = (value: unknown) =>
    typeof value === 'string' && !Number.isNaN(Date.parse(value)) && new Date(value).toISOString() === value;
  const kinds: Readonly<Record<keyof DecreeDocument, (value: unknown) => boolean>> = {
    ...{ annex_sha256: isHash, batch: isCount, commitment_sha256: isHash, confirmed: isCount, decree: isText },
    ...{ decree_csv_sha256: isHash, free: isCount, participants: isCount, promoted: isCount, removed: isCount },
    ...{ seed: isHash, selected: isCount, set_at: isTime, set_by: isText },
  };
  const wrong = Object.entries(kinds).find(([key, right]) => !right(body[key]));
  if (wrong) throw new LineError(1, `${wrong[0]} is missing or impossible`);
  const document = body as Readonly<Record<string, unknown>> & DecreeDocument;
  if (decreeDocumentText(document) !== text)
    throw new LineError(1, 'is not these fourteen keys as canonical JSON and LF');
  const { selected, confirmed, promoted, participants, free } = document;
  if (participants !== confirmed + promoted) throw new LineError(1, 'participants are not confirmed and promoted');
  if (selected !== participants + free) throw new LineError(1, 'selected are not participants and free places');
  return document;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new LineError(1, 'is not a JSON object');
}
