/** Whole rupiah. There is no smaller unit; JSON carries it as a string of digits. */
export type Rupiah = bigint;

/** "600000.00" as SNAP BI writes an amount. */
export function snapAmount(amount: Rupiah): string {
  return `${amount}.00`;
}

/**
 * Reads an amount as statements write it: digits, optional thousands commas, optionally `.00`.
 * @throws RangeError for anything else, cents included: whoever guesses here loses money.
 */
export function parseRupiah(text: string): Rupiah {
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.0{1,5})?$/.exec(text.trim());
  if (!match?.[1]) throw new RangeError('not an amount in whole rupiah');
  return BigInt(match[1].replaceAll(',', ''));
}

/** "Rp1.600.000.000.000", as Indonesians write it. */
export function formatRupiah(amount: Rupiah): string {
  return `Rp${amount.toString().replace(/\B(?=(\d{3})+(?!\d))/g, '.')}`;
}
