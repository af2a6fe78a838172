import { type Payee, payeeIn } from './payee.ts';

/** SWIFT cuts the text of `:86:` at this column, in the middle of words too. */
const LINE_CHARS = 65;
const WRAP = new RegExp(String.raw`(?<=(?:^|\n)[^\n]{${LINE_CHARS}})\n`, 'g');
/**
 * A structured `:86:` begins with a code of three digits, which some banks leave out; its free text begins in 20 and goes
 * on to 29, and 60 to 63.
 */
const STRUCTURED = /^(?:\d{3})?\?\d{2}/;
const SUBFIELD = /\?\d{2}/g;
const NEXT_OF_TEXT = /\?(?:2[1-9]|6[0-3])/g;
/** Some banks begin a line with each subfield. */
const BEFORE_SUBFIELD = /\n(?=\?\d{2})/g;

/**
 * The text of a `:86:` in which nothing is lost between two lines: full lines are joined, and a subfield to what stands
 * before it; others are not glued.
 */
export function unwrapped(info: string): string {
  const lines = info.replace(WRAP, '');
  return STRUCTURED.test(lines) ? lines.replace(BEFORE_SUBFIELD, '') : lines;
}

/**
 * The texts of a `:86:` in which to look for our reference: as it stands, with full lines joined, and with the subfields
 * of its free text joined. All three, for whether a name begins behind a full line or a reference goes on, none tells.
 */
export function textsOf(info: string): readonly string[] {
  const lines = unwrapped(info);
  if (!STRUCTURED.test(lines)) return [info, lines];
  // A subfield's number stands directly before its text: it is no part of a word.
  return [info, lines, lines.replace(NEXT_OF_TEXT, '')].map((text) => text.replace(SUBFIELD, '\n'));
}

/** What stands behind `/EREF/`, the customer's reference, up to the next code word. */
const REFERENCE_WORDS = /\/(?:EREF|KREF)\/([^/\n]*)/g;
/** A subfield of the free text, in which code words are `EREF+` and `SVWZ+`. */
const TEXT_SUBFIELD = /\?(?:2\d|6[0-3])([\s\S]*?)(?=\?\d{2}|$)/g;
const CODE_WORD = /[A-Z]{4}\+/;

/** The fields of a `:86:` that may be a reference as a whole. */
export function fieldsIn(info: string): readonly string[] {
  const lines = unwrapped(info);
  const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
  if (!STRUCTURED.test(lines)) return found(lines, REFERENCE_WORDS);
  const texts = [lines, lines.replace(NEXT_OF_TEXT, '')];
  return texts.flatMap((text) => found(text, TEXT_SUBFIELD)).flatMap((text) => text.split(CODE_WORD));
}

/** Code words that stand where a party is; between them are the values. */
const PARTY = /\/(CNTP|BENM)\/([^\n]*?)(?=\/(?:REMI|EREF|KREF|MARF|RTRN|PURP|CSID|TRCD|ORDP|ULTD|ULTC|ISDT)\/|\n|$)/;

/**
 * The other side, where a `:86:` has a place for it: `?31`, `?32` and `?33`, `/CNTP/account/bank/name/` or `/BENM/`. An
 * unstructured one without such a place may name it in its text.
 */
export function counterpartyIn(info: string): Payee {
  const lines = unwrapped(info);
  if (STRUCTURED.test(lines)) {
    const subfield = (code: string) => new RegExp(String.raw`\?${code}([\s\S]*?)(?=\?\d{2}|$)`).exec(lines)?.[1] ?? '';
    return { account: tidy(subfield('31')), name: tidy(`${subfield('32')}${subfield('33')}`) };
  }
  const [, word, text = ''] = PARTY.exec(lines) ?? [];
  if (word === undefined) return payeeIn(lines);
  if (word === 'CNTP') {
    const [account = '', , name = ''] = text.split('/');
    return { account: tidy(account), name: tidy(name) };
  }
  // /BENM//NAME/…/ACCT/…, or the name alone.
  const named = (part: string) => new RegExp(`(?:^|/)${part}/([^/]*)`).exec(text)?.[1] ?? '';
  return { account: tidy(named('ACCT')), name: tidy(named('NAME') || (text.split('/')[0] ?? '')) };
}

function tidy(text: string): string | null {
  return text.replace(/\s+/g, ' ').trim() || null;
}
