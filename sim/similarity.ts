/**
 * How alike two names are, 0 to 100, after folding case and blanks: 100 × (1 − Levenshtein distance / longer length),
 * rounded down so that only equal names reach 100. Dukcapil does not publish its measure; this one is ours.
 */
export function similarity(left: string, right: string): number {
  const a = fold(left);
  const b = fold(right);
  if (a === b) return 100;
  const longer = Math.max(a.length, b.length);
  return Math.floor(100 * (1 - distance(a, b) / longer));
}

function fold(name: string): string {
  return name.trim().replace(/\s+/g, ' ').toUpperCase();
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
