/** Names compared the way a clerk does: case and blanks do not count. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toUpperCase().replace(/\s+/g, ' ').trim();
}

/** 100 when the folded names are equal, else the share of characters that agree (Levenshtein), at most 99. */
export function nameScore(a: string, b: string): number {
  if (a === b) return 100;
  const left = foldName(a);
  const right = foldName(b);
  if (left === right) return 100;
  const longest = Math.max(left.length, right.length);
  return Math.min(99, Math.floor((100 * (longest - levenshtein(left, right))) / longest));
}

function levenshtein(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost));
    }
    last = row;
  }
  return last[b.length] ?? 0;
}
