import type { RegistryAnswer, RegistryQuestion, RegistryRecord } from './answer.ts';
import { parseLosslessJson } from './lossless-json.ts';
import { foldName } from './name.ts';
import { classOfError, type ErrorClass } from './wire-errors.ts';

/** The registry takes thresholds from 80 to 100 only. */
const THRESHOLD_MIN = 80;
const THRESHOLD_MAX = 100;

export interface Credentials {
  readonly userId: string;
  readonly password: string;
  readonly ipUser: string;
}

export interface WireAnswer {
  readonly answer: RegistryAnswer;
  /** Calls left today, where the registry says so. */
  readonly quotaLeft?: number;
}

/** The body of CALL_VERIFY_BY_ELEMEN (domain.md): the NIK and the fields that were asked, nothing else. */
export function requestBody(question: RegistryQuestion, credentials: Credentials): string {
  return JSON.stringify({
    USER_ID: credentials.userId,
    PASSWORD: credentials.password,
    IP_USER: credentials.ipUser,
    TRESHOLD: String(threshold(question)),
    NIK: question.nik,
    NO_KK: question.kk_number,
    NAMA_LGKP: question.full_name,
    TGL_LHR: question.birth_date === undefined ? undefined : wireDate(question.birth_date),
  });
}

/**
 * Reads a body that came with HTTP 200: business errors come that way too. Errors in `content[0]` count before the
 * fields beside them. Nothing of the answer is repeated in `why`, so that no personal data ends in a log.
 */
export function readAnswer(body: string, question: RegistryQuestion): WireAnswer {
  let root: Fields | null;
  try {
    root = foldedKeys(parseLosslessJson(body));
  } catch {
    return notUnderstood('not JSON');
  }
  if (root === null) return notUnderstood('not an object');
  const quotaLeft = digits(root.get('QUOTALIMITER'));
  const answer = answerOf(root, question);
  return quotaLeft === null ? { answer } : { answer, quotaLeft: Number(quotaLeft) };
}

function answerOf(root: Fields, question: RegistryQuestion): RegistryAnswer {
  const content = root.get('CONTENT');
  const atRoot = answerOfError(classOfError(root));
  if (content === undefined && atRoot !== null) return atRoot;
  if (!Array.isArray(content) || content.length !== 1) return notUnderstood('not one content').answer;
  const fields = foldedKeys(content[0]);
  if (fields === null) return notUnderstood('content is not an object').answer;
  return answerOfError(classOfError(fields)) ?? atRoot ?? recordOf(fields, question);
}

function answerOfError(error: ErrorClass | null): RegistryAnswer | null {
  switch (error) {
    case null:
      return null;
    case 'quota':
    case 'not_found':
      return { kind: error };
    case 'deceased':
    case 'duplicate':
    case 'inactive':
      return { kind: 'record', status: error, kk_number: null, birth_date: null, name_score: null };
    case 'not_understood':
      return { kind: 'not_understood', why: 'unknown registry error' };
    default:
      return { kind: 'unavailable', why: `registry: ${error}` };
  }
}

function recordOf(fields: Fields, question: RegistryQuestion): RegistryAnswer {
  const nik = matchOf(fields.get('NIK'), (value) => value === question.nik, /^\d{16}$/);
  if (nik === false) return { kind: 'not_understood', why: 'an answer about another NIK' };
  const { kk_number, birth_date, full_name } = question;
  const record: RegistryRecord = {
    kind: 'record',
    status: 'active',
    kk_number:
      kk_number === undefined ? null : matchOf(fields.get('NO_KK'), (value) => value === kk_number, /^\d{16}$/),
    birth_date:
      birth_date === undefined
        ? null
        : matchOf(fields.get('TGL_LHR'), (value) => value === wireDate(birth_date), /^\d{2}-\d{2}-\d{4}$/),
    name_score: full_name === undefined ? null : nameScoreOf(fields.get('NAMA_LGKP'), question),
  };
  const empty = record.kk_number === null && record.birth_date === null && record.name_score === null;
  return empty && nik === null ? { kind: 'not_understood', why: 'no known field' } : record;
}

const VERDICT = /^(TIDAK )?SESUAI(?: ?\( ?(\d{1,3})(?:\.\d+)? ?%? ?\))?$/;

/** "Sesuai", "Tidak Sesuai", or (some gateways) the registry's value itself; null for anything else. */
function matchOf(value: unknown, equal: (value: string) => boolean, shape: RegExp): boolean | null {
  if (typeof value !== 'string') return null;
  const folded = foldName(value);
  if (shape.test(folded)) return equal(folded);
  const match = VERDICT.exec(folded);
  if (match === null) return null;
  const yes = match[1] === undefined;
  // These are compared exactly: "Sesuai (80)" would be neither.
  return yes && match[2] !== undefined && match[2] !== '100' ? null : yes;
}

/** The score in brackets; without one, "Sesuai" means the threshold that was asked for and "Tidak Sesuai" means 0. */
function nameScoreOf(value: unknown, question: RegistryQuestion): number | null {
  if (typeof value !== 'string') return null;
  const match = VERDICT.exec(foldName(value));
  if (match === null) return null;
  const yes = match[1] === undefined;
  const score = match[2] === undefined ? (yes ? threshold(question) : 0) : Number(match[2]);
  const contradiction = !yes && score === 100;
  return score > 100 || contradiction ? null : score;
}

function threshold(question: RegistryQuestion): number {
  return Math.min(THRESHOLD_MAX, Math.max(THRESHOLD_MIN, question.name_score_min ?? THRESHOLD_MAX));
}

/** 1990-12-31 is 31-12-1990 on the wire, and the other way round. */
export function wireDate(date: string): string {
  return date.split('-').reverse().join('-');
}

type Fields = ReadonlyMap<string, unknown>;

/** An object's members by key in upper case; null when it is not an object. */
function foldedKeys(value: unknown): Fields | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return new Map(Object.entries(value).map(([key, member]) => [key.trim().toUpperCase(), member]));
}

function digits(value: unknown): string | null {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? value : null;
}

function notUnderstood(why: string): WireAnswer {
  return { answer: { kind: 'not_understood', why } };
}
