/** At most `limit` admitted calls in any sliding second; refused calls do not count. Undefined: no limit. */
export function newRateLimit(limit: number | undefined): (at_us: number) => boolean {
  if (limit === undefined) return () => true;
  const admitted = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY);
  let oldest = 0;
  return (at_us) => {
    if (at_us - (admitted[oldest] ?? at_us) < 1_000_000) return false;
    admitted[oldest] = at_us;
    oldest = (oldest + 1) % limit;
    return true;
  };
}
