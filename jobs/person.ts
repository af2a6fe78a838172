/**
 * Whether two names are one person's, until there are operators with tokens: a name is what somebody has typed then, and
 * another case, blanks, or characters that nobody sees make nobody else.
 */
export function isSamePerson(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

function folded(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toUpperCase();
}
