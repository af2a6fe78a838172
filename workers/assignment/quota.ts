import { LineError, LineSplitter, parseProvince, parseWhole, provinceCode } from './lines.ts';

/** Seats of a province, as one line of quota.csv; a province that is not listed has 0. */
export interface ProvinceQuota {
  /** Two digits. */
  readonly provinceCode: string;
  readonly seats: number;
}

/** Over the population of the country; a sum of a hundred of them is still exact. */
const SEATS_MAX = 1_000_000_000;
const COMMA = 0x2c;

/** Reads quota.csv, in chunks of bytes: two fields, provinces strictly ascending, a plain whole number. */
export class QuotaReader {
  readonly #quota: ProvinceQuota[] = [];
  readonly #splitter = new LineSplitter((bytes, start, end, line) => this.#read(bytes, start, end, line));
  #previous = -1;

  /** @throws LineError */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  /** @throws LineError when the last line is not ended by LF */
  finish(): readonly ProvinceQuota[] {
    this.#splitter.finish();
    return this.#quota;
  }

  #read(bytes: Uint8Array, start: number, end: number, line: number): void {
    const province = parseProvince(bytes, start, Math.min(end, start + 2));
    if (province < 0 || bytes[start + 2] !== COMMA)
      throw new LineError(line, 'does not begin with a province and a comma');
    const seats = parseWhole(bytes, start + 3, end, SEATS_MAX);
    if (seats < 0) throw new LineError(line, `quota is not a whole number from 0 to ${SEATS_MAX}`);
    if (province <= this.#previous)
      throw new LineError(line, `province ${provinceCode(province)} is not in ascending order`);
    this.#previous = province;
    this.#quota.push({ provinceCode: provinceCode(province), seats });
  }
}

/** By code, bytewise. */
export function sortQuota(quota: readonly ProvinceQuota[]): readonly ProvinceQuota[] {
  return quota.toSorted((a, b) => (a.provinceCode < b.provinceCode ? -1 : 1));
}

/** The text of quota.csv, sorted; read back, so that what cannot be read is not written. @throws LineError */
export function quotaCsv(quota: readonly ProvinceQuota[]): string {
  const text = sortQuota(quota)
    .map((line) => `${line.provinceCode},${line.seats}\n`)
    .join('');
  const reader = new QuotaReader();
  reader.push(new TextEncoder().encode(text));
  reader.finish();
  return text;
}

/**
 * floor(quota × share) in exact decimal arithmetic (contract, section 6): 0.29 × 100 is 29, where binary floating point
 * says 28.
 * @throws RangeError when the share is not a decimal from 0 to 1
 */
export function whitelistSeats(quota: number, share: string): number {
  const match = /^([01])(?:\.(\d{1,9}))?$/.exec(share);
  if (!match?.[1]) throw new RangeError(`whitelist_share "${share}" is not a decimal from 0 to 1`);
  const decimals = match[2] ?? '';
  const scale = 10n ** BigInt(decimals.length);
  const scaled = BigInt(match[1] + decimals);
  if (scaled > scale) throw new RangeError(`whitelist_share "${share}" is over 1`);
  return Number((BigInt(quota) * scaled) / scale);
}
