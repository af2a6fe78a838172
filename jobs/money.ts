/** Whole rupiah. There is no smaller unit; JSON carries it as a string of digits. */
export type Rupiah = bigint;

/** "600000.00" as SNAP BI writes an amount. */
export function snapAmount(amount: Rupiah): string {
  return `${amount}.00`;
}

/** "Rp1.600.000.000.000", as Indonesians write it. */
export function formatRupiah(amount: Rupiah): string {
  return `Rp${amount.toString().replace(/\B(?=(\d{3})+(?!\d))/g, '.')}`;
}
