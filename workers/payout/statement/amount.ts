import type { Rupiah } from '../../../jobs/money.ts';

/** An exact amount: a count of 1/100000 of a unit, so that ISO 20022's five decimals fit and nothing is ever rounded. */
export type Exact = bigint;

const DECIMALS = 5;
const SCALE = 10n ** BigInt(DECIMALS);
/** ISO 20022 amounts have at most 18 digits. */
const PLAIN = /^(\d{1,18})(?:\.(\d{1,5}))?$/;
const GROUPED = /^(\d{1,3}(?:,\d{3}){0,5}|\d{1,18})(?:\.(\d{1,2}))?$/;

/** "600000.00" or "600000"; undefined for everything else, signs and commas included. */
export function parsePlain(text: string): Exact | undefined {
  return exact(PLAIN.exec(text));
}

/** "1,234.00", as Indonesian exports write it; "1.234,00" and half-grouped digits are undefined. */
export function parseGrouped(text: string): Exact | undefined {
  return exact(GROUPED.exec(text));
}

function exact(match: RegExpExecArray | null): Exact | undefined {
  if (!match?.[1]) return undefined;
  return BigInt(match[1].replaceAll(',', '') + (match[2] ?? '').padEnd(DECIMALS, '0'));
}

/** Whole rupiah; null when there are sen. */
export function wholeRupiah(amount: Exact): Rupiah | null {
  return amount % SCALE === 0n ? amount / SCALE : null;
}

/** Canonical decimal text: no grouping, no zeros behind the last decimal that counts. */
export function exactText(amount: Exact): string {
  const absolute = amount < 0n ? -amount : amount;
  const decimals = (absolute % SCALE).toString().padStart(DECIMALS, '0').replace(/0+$/, '');
  return `${amount < 0n ? '-' : ''}${absolute / SCALE}${decimals === '' ? '' : `.${decimals}`}`;
}
