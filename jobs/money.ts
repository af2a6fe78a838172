/** Whole rupiah. There is no smaller unit; JSON carries it as a string of digits. */
export type Rupiah = bigint;

/** "600000.00" as SNAP BI writes an amount. */
export function snapAmount(amount: Rupiah): string {
  return `${amount}.00`;
}

/** "Rp1.600.000.000.000", as Indonesians write it; what is missing is "−Rp14.050.000". */
export function formatRupiah(amount: Rupiah): string {
  if (amount < 0n) return `−${formatRupiah(-amount)}`;
  return `Rp${amount.toString().replace(/\B(?=(\d{3})+(?!\d))/g, '.')}`;
}
