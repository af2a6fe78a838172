/**
 * Whether two names are one person's, until there are operators with tokens: a name is what somebody has typed then, and
 * another case, blanks, or characters that nobody sees make nobody else.
 */
export function isSamePerson(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

/** Nobody, or one of the names under which the program writes down what it does by itself. */
const NOBODY = /^(|CLI|MIGRATION|RECONCILE|SCHEDULE( .*)?)$/;

/** Whether somebody can act under this name: not under one of the program's own, in whatever way it is written. */
export function isPersonName(name: string): boolean {
  return !NOBODY.test(folded(name));
}

function folded(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toUpperCase();
}
