/** Banks cut names at 20 to 30 characters: a beginning of so many is the name. */
const PREFIX_CHARS_MIN = 10;
/** Of a masked name: fewer letters than this to be seen say nothing. */
const VISIBLE_LETTERS_MIN = 3;
/** A name masked in more places says nothing, and costs time to be compared. */
const MASKS_MAX = 4;

const TITLE_BEFORE = /^(?:PROF|DRS|DRA|DR|IR|HJ|H|K\.? ?H|TN|NY|NN|SDR|SDRI|BPK|BAPAK|IBU)(?:\. *| +)(?=.)/;
const DEGREE_AFTER =
  /(?<=.)[\s,]+(?:A\.?MD|S\.?(?:E|H|T|P|PD|KOM|SOS|AG|IP|SI|KM|PSI|KEP|FARM)|M\.?(?:M|H|T|A|SI|PD|KOM|AG|KES))\.?$/;

/**
 * Whether the name that a bank gives for an account is the holder's, as banks write names: in capitals, cut, masked with
 * `*`, with and without titles. Equal; or one is a beginning of the other, from 10 characters on; or every word of the
 * shorter (two or more) is a word, or the beginning of one, of the longer, in order.
 * null: the name is blank, or masked so far that it says nothing.
 * @example isHolder('Siti Aminah Rahayu', 'SITI AMINAH RA') // true
 */
export function isHolder(holder: string, atBank: string): boolean | null {
  const [ours, theirs] = [capitals(holder.replaceAll('*', ' ')), capitals(atBank)];
  const seen = theirs.replace(/[^\p{L}]/gu, '').length;
  const masks = theirs.match(/\*+/g)?.length ?? 0;
  if (seen === 0 || masks > MASKS_MAX || (masks > 0 && seen < VISIBLE_LETTERS_MIN)) return null;
  // A title may be an initial ("H SURYADI" for HENDRA SURYADI): tried as it stands, then without.
  return agree(plain(ours), plain(theirs)) || agree(plain(untitled(ours)), plain(untitled(theirs)));
}

/**
 * Whether the name is of somebody else, however banks write names: no word of it is one of the holder's, or the beginning
 * of one, or begins with one.
 * @example isPlainlyAnother('Siti Aminah', 'AMINAH RAHAYU') // false
 */
export function isPlainlyAnother(holder: string, atBank: string): boolean {
  if (isHolder(holder, atBank) !== false) return false;
  const [ours, theirs] = [holder, atBank].map((name) => plain(capitals(name)).split(' ')) as [string[], string[]];
  return !theirs.some((word) => ours.some((own) => begins(word, own) || begins(own, word)));
}

function capitals(name: string): string {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase().replace(/\s+/g, ' ').trim();
}

function untitled(name: string): string {
  const less = name.replace(TITLE_BEFORE, '').replace(DEGREE_AFTER, '');
  return less === name ? name : untitled(less);
}

function plain(name: string): string {
  return name
    .replace(/['’`]/g, '')
    .replace(/[^\p{L}\p{N}*]+/gu, ' ')
    .trim();
}

function agree(ours: string, theirs: string): boolean {
  if (masked(theirs, '$').test(ours)) return true;
  if (!theirs.includes('*') && (isBeginning(ours, theirs) || isBeginning(unblanked(ours), unblanked(theirs))))
    return true;
  const [short, long] = [ours.split(' '), theirs.split(' ')].sort(
    (a, b) => a.length - b.length || a.join('').length - b.join('').length,
  ) as [string[], string[]];
  return short.length >= 2 && short.some((word) => word.length >= VISIBLE_LETTERS_MIN) && inOrder(short, long);
}

/** One is the other, or a beginning of it that is long enough. */
function isBeginning(left: string, right: string): boolean {
  const [short, long] = left.length <= right.length ? [left, right] : [right, left];
  return short === long || (short.length >= PREFIX_CHARS_MIN && long.startsWith(short));
}

function unblanked(name: string): string {
  return name.replaceAll(' ', '');
}

function inOrder(short: readonly string[], long: readonly string[]): boolean {
  let at = 0;
  for (const word of short) {
    while (at < long.length && !begins(word, long[at] as string)) at++;
    if (at++ === long.length) return false;
  }
  return true;
}

/** Whether a word is another, or its beginning; a masked one stands for whatever agrees with its letters. */
function begins(word: string, whole: string): boolean {
  return masked(word, '').test(whole) || (whole.includes('*') && masked(whole, '').test(word));
}

/** Letters, digits, blanks and `*` alone come here: nothing in them means anything else to a pattern. */
function masked(text: string, end: '$' | ''): RegExp {
  return new RegExp(`^${text.replace(/\*+/g, '.*')}${end}`, 'u');
}
