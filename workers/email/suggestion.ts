import { commonDomains, foreignProviders } from './domains.ts';

/** Two mistakes are believed only where the first letter is right and the name is long enough to be recognised. */
const DISTANCE_MAX = 2;
const TWO_MISTAKES_LETTERS_MIN = 9;
const MEMO_DOMAINS_MAX = 50_000;

const known: ReadonlySet<string> = new Set([...commonDomains, ...foreignProviders]);
const memo = new Map<string, string | null>();

/**
 * The domain that was probably meant, for a message to the applicant; never applied by the machine.
 * @param domain in lower case
 * @example suggestDomain('gmial.com') // 'gmail.com'
 */
export function suggestDomain(domain: string): string | null {
  if (known.has(domain)) return null;
  const seen = memo.get(domain);
  if (seen !== undefined) return seen;
  const found = closest(domain);
  if (memo.size >= MEMO_DOMAINS_MAX) memo.clear();
  memo.set(domain, found);
  return found;
}

function closest(domain: string): string | null {
  // "gmail" alone: the ending was forgotten.
  if (!domain.includes('.')) return commonDomains.find((common) => common.startsWith(`${domain}.`)) ?? null;
  let best: string | null = null;
  let bestDistance = DISTANCE_MAX + 1;
  for (const common of commonDomains) {
    const allowed = allowedDistance(domain, common);
    if (Math.abs(domain.length - common.length) > allowed) continue;
    const distance = damerauLevenshtein(domain, common);
    if (distance > allowed || distance >= bestDistance) continue;
    best = common;
    bestDistance = distance;
  }
  return best;
}

/** Short names (live.com, upi.edu) have too many honest neighbours: one mistake, and that in the ending only. */
function allowedDistance(domain: string, common: string): number {
  const name = common.slice(0, common.indexOf('.'));
  if (name.length < 5) return domain.startsWith(`${name}.`) ? 1 : 0;
  return common.length >= TWO_MISTAKES_LETTERS_MIN && domain[0] === common[0] ? DISTANCE_MAX : 1;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each 1. */
export function damerauLevenshtein(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
