import { applicantColumns } from '../../db/applicants.ts';
import type { Db, Tx } from '../../db/connection.ts';
import { loadUndecided, type Undecided } from '../../db/load.ts';
import { type Decided, parkRecord, saveVerdicts } from '../../db/verdicts.ts';
import type { Chunk, Counts } from '../../jobs/chunk.ts';
import { wibDate } from '../../jobs/time.ts';
import type { Applicant } from './rules.ts';

export type Row = Undecided & Applicant;

/** The applicants of a chunk with the lists valid on the day of `now` and their OTP. */
export function load(db: Db, chunk: Chunk, { now }: { now: Date }): Promise<Row[]> {
  return loadUndecided<Row>(db, 'layer3', chunk, applicantColumns(wibDate(now)));
}

export function save(tx: Tx, chunk: Chunk, decided: readonly Decided[]): Promise<Counts> {
  return saveVerdicts(tx, 'layer3', chunk, decided);
}

export function park(tx: Tx, chunk: Chunk, why: string): Promise<Counts> {
  return parkRecord(tx, 'layer3', chunk, why);
}
