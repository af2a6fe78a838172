import type { Policy } from '../../jobs/policy.ts';
import type { RegistryQuestion } from './answer.ts';
import { type DukcapilPolicy, isWhole, questionAbout } from './rules.ts';
import { ANY_QUESTION, type NewAnswer, questionKey, type Row } from './store.ts';
import { readAnswer, wireDate } from './wire.ts';

// Matching by file ("pemadanan"): the registry gets a table of questions and sends it back with its findings. The same
// questions as over HTTP, the same reader, the same verdicts. docs/matching.md has the format.

const ASKED = ['NIK', 'NO_KK', 'TGL_LHR', 'NAMA_LGKP'] as const;
const FOUND = ['HASIL_NO_KK', 'HASIL_TGL_LHR', 'HASIL_NAMA_LGKP', 'RESPON'] as const;

export const requestHeader = ASKED.join(',');
export const answerColumns: readonly string[] = [...ASKED, ...FOUND];

/** A line of the request: only the fields that the policy must match, dates as DD-MM-YYYY. */
export function requestLine(row: Row, { dukcapil }: Pick<Policy, 'dukcapil'>): string {
  const { nik, kk_number = '', birth_date, full_name = '' } = questionAbout(row, dukcapil);
  return [nik, kk_number, birth_date === undefined ? '' : wireDate(birth_date), full_name].map(quoted).join(',');
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A line of the registry's answer by its columns. */
export type AnswerLine = Readonly<Record<string, string>>;

/**
 * What a line of the answer says, as it is kept; or why it says nothing. The values that were asked stand in it again:
 * an answer speaks for them and for no others.
 */
export function readAnswerLine(line: AnswerLine, policy: DukcapilPolicy): NewAnswer | string {
  const { NIK: nik = '', NO_KK: kk_number = '', TGL_LHR: date = '', NAMA_LGKP: full_name = '' } = line;
  if (!/^\d{16}$/.test(nik)) return 'NIK must have 16 digits';
  if (date !== '' && !/^\d{2}-\d{2}-\d{4}$/.test(date)) return 'TGL_LHR must be DD-MM-YYYY';
  const birth_date = wireDate(date);
  const asked = { nik, kk_number, birth_date, full_name };
  const question: RegistryQuestion = questionAbout(asked, policy);
  const content: Record<string, string> = { NIK: 'Sesuai' };
  for (const name of FOUND) if (line[name]) content[name.replace('HASIL_', '')] = line[name];
  const { answer } = readAnswer(JSON.stringify({ content: [content] }), question);
  if (answer.kind === 'not_found') return { nik, question: ANY_QUESTION, answer };
  if (answer.kind === 'record' && !isWhole(answer, question)) return 'a field that was asked has no answer';
  if (answer.kind === 'record') return { nik, question: questionKey(asked, policy), answer };
  return answer.kind === 'quota'
    ? 'the quota was used up'
    : `not understood: ${'why' in answer ? answer.why : answer.kind}`;
}
