import { isWellFormedNik } from '../../jobs/nik.ts';
import type { Policy } from '../../jobs/policy.ts';
import type { Reason } from '../../jobs/reasons.ts';
import { passed, type Verdict, verdict } from '../../jobs/verdict.ts';
import type { RegistryAnswer, RegistryQuestion, RegistryRecord } from './answer.ts';
import { nameScore } from './name.ts';

export type { RegistryAnswer, RegistryQuestion, RegistryRecord } from './answer.ts';

export type DukcapilPolicy = Policy['dukcapil'];
export type MatchField = DukcapilPolicy['must_match'][number];

export interface DukcapilRecord {
  readonly nik: string;
  readonly kk_number: string;
  /** YYYY-MM-DD */
  readonly birth_date: string;
  readonly full_name: string;
}

/** A line of the imported civil-registry extract. */
export interface ExtractRow {
  readonly kk_number: string;
  readonly birth_date: string;
  readonly full_name: string;
  readonly status: RegistryRecord['status'];
}

const NAME_SCORE_EXACT = 100;

/**
 * The dukcapil stage's rules (contract, section 4.3), read from top to bottom: structure of the NIK, what the registry
 * says about it, then the policy's `must_match` in its order. Whatever was not understood waits; it never passes and
 * never rejects.
 * @param answer not looked at (and so not needed) for a NIK of impossible structure
 */
export function decideDukcapil(
  record: Pick<DukcapilRecord, 'nik'>,
  answer: RegistryAnswer | undefined,
  policy: DukcapilPolicy,
): Verdict {
  if (!isWellFormedNik(record.nik)) return verdict('nik_format');
  switch (answer?.kind) {
    case 'record':
      return decideRecord(answer, policy);
    case 'not_found':
      return verdict('nik_not_found');
    case 'timeout':
      return verdict('registry_timeout');
    case 'quota':
      return verdict('registry_quota');
    case 'not_configured':
      return verdict('registry_not_configured');
    case 'unavailable':
    case 'not_understood':
      return verdict('registry_unavailable', answer.why);
    case undefined:
      return verdict('registry_unavailable', 'not asked');
  }
}

function decideRecord(answer: RegistryRecord, policy: DukcapilPolicy): Verdict {
  if (answer.status !== 'active') return verdict(reasonOfStatus[answer.status]);
  for (const field of policy.must_match) {
    const matches = fieldMatches(field, answer, policy);
    if (matches === null) return verdict('registry_unavailable', `no answer about ${field}`);
    if (!matches) return verdict(mismatch[field], field === 'full_name' ? `score ${answer.name_score}` : '');
  }
  return passed();
}

const reasonOfStatus: Readonly<Record<Exclude<RegistryRecord['status'], 'active'>, Reason>> = {
  duplicate: 'nik_duplicate_record',
  deceased: 'nik_deceased',
  inactive: 'nik_inactive',
};

const mismatch: Readonly<Record<MatchField, Reason>> = {
  kk_number: 'kk_mismatch',
  birth_date: 'birth_date_mismatch',
  full_name: 'name_mismatch',
};

function fieldMatches(field: MatchField, answer: RegistryRecord, policy: DukcapilPolicy): boolean | null {
  if (field !== 'full_name') return answer[field];
  return answer.name_score === null ? null : answer.name_score >= (policy.name_score_min ?? NAME_SCORE_EXACT);
}

/** What to ask the registry about a record: the least that the policy needs. */
export function questionAbout(record: DukcapilRecord, policy: DukcapilPolicy): RegistryQuestion {
  const asks = (field: MatchField): boolean => policy.must_match.includes(field);
  return {
    nik: record.nik,
    ...(asks('kk_number') && { kk_number: record.kk_number }),
    ...(asks('birth_date') && { birth_date: record.birth_date }),
    ...(asks('full_name') && {
      full_name: record.full_name,
      name_score_min: policy.name_score_min ?? NAME_SCORE_EXACT,
    }),
  };
}

/** Whether an answer says everything that was asked: only then it is kept, else it would be found wanting for weeks. */
export function isWhole(answer: RegistryAnswer, question: RegistryQuestion): boolean {
  if (answer.kind !== 'record') return answer.kind === 'not_found';
  if (answer.status !== 'active') return true;
  return (
    (question.kk_number === undefined || answer.kk_number !== null) &&
    (question.birth_date === undefined || answer.birth_date !== null) &&
    (question.full_name === undefined || answer.name_score !== null)
  );
}

/**
 * The answer that the imported extract gives ("pemadanan").
 * @param row the extract's line for this NIK; undefined: none; 'conflict': different lines for one NIK
 * @param mustMatch names are only scored where the policy looks at them
 */
export function answerFromExtract(
  record: DukcapilRecord,
  row: ExtractRow | undefined | 'conflict',
  mustMatch: readonly MatchField[],
): RegistryAnswer {
  if (row === undefined) return NOT_FOUND;
  if (row === 'conflict') return CONFLICT;
  return {
    kind: 'record',
    status: row.status,
    kk_number: row.kk_number === '' ? null : row.kk_number === record.kk_number,
    birth_date: row.birth_date === '' ? null : row.birth_date === record.birth_date,
    name_score:
      row.full_name === '' || !mustMatch.includes('full_name') ? null : nameScore(row.full_name, record.full_name),
  };
}

const NOT_FOUND: RegistryAnswer = { kind: 'not_found' };
const CONFLICT: RegistryAnswer = {
  kind: 'record',
  status: 'duplicate',
  kk_number: null,
  birth_date: null,
  name_score: null,
};
