import type { Rupiah } from '../../../jobs/money.ts';

/** The statement formats of the contract, section 1, and camt.054. */
export const statementFormats = [
  'camt053',
  'camt054',
  'mt940',
  'bni-csv',
  'bca-csv',
  'mandiri-csv',
  'bri-csv',
  'wallet-csv',
] as const;
export type StatementFormat = (typeof statementFormats)[number];

/** What is known of a statement before its first line. Balances are null where the format has none. */
export interface StatementStart {
  readonly kind: 'statement';
  readonly account: string | null;
  /** The bank's own number of this statement; null where the format has none: take the file's hash. */
  readonly statementId: string | null;
  /** Days covered, WIB, inclusive; null: not known before the end. */
  readonly from: string | null;
  readonly to: string | null;
  readonly currency: string | null;
  /** Whole rupiah; null when the format has none, or when it is no rupiah or has sen (the text still tells). */
  readonly opening: Rupiah | null;
  readonly closing: Rupiah | null;
  /** Canonical exact decimals ("68206.51", "-5", "1000"), of any currency: what gaps are found with. */
  readonly openingText: string | null;
  readonly closingText: string | null;
  /** When the bank made it, as it says itself; null: it does not. */
  readonly madeAt: Date | null;
}

export interface StatementLine {
  readonly kind: 'line';
  /** CSV: the line of the file the record begins on. Else the line's ordinal in its statement, from 1. */
  readonly lineNumber: number;
  /** WIB dates, YYYY-MM-DD. */
  readonly bookingDate: string;
  readonly valueDate: string | null;
  readonly amountIdr: Rupiah;
  readonly direction: 'debit' | 'credit';
  /** One of ours (REFERENCE), else null: other people's references stand in the description only. */
  readonly reference: string | null;
  readonly bulkId: string | null;
  readonly counterpartyName: string | null;
  readonly counterpartyAccount: string | null;
  readonly bankReference: string | null;
  /** ISO 20022 external return reason (AC04: closed account); null: not a return, or the bank does not say why. */
  readonly returnReason: string | null;
  readonly description: string;
}

/** A line that cannot be read without guessing. `why` has no personal data. */
export interface UnreadableLine {
  readonly kind: 'unreadable';
  readonly unreadable: true;
  readonly lineNumber: number;
  readonly why: string;
  /** Only sen are in the way, and it names nothing of ours: interest, tax. What we pay is whole rupiah. */
  readonly notOurs?: boolean;
}

/** The same as the start, now that everything was read, and how the sums came out. */
export interface StatementEnd extends Omit<StatementStart, 'kind'> {
  readonly kind: 'end';
  readonly lines: number;
  readonly unreadable: number;
  /** Entries that are under way, or of a wallet's report failed; they yield no line. */
  readonly notBooked: number;
  /**
   * Opening plus entries was checked against closing (a difference is refused); false: a balance or an amount is missing,
   * or the closing is only what the last row says. */
  readonly balanced: boolean;
}

export type StatementEvent = StatementStart | StatementLine | UnreadableLine | StatementEnd;

/** A stream of bytes, such as a file's. */
export type ByteStream = AsyncIterable<Uint8Array>;

/**
 * Reads statements one after the other: `statement`, its lines, `end`. Memory is flat.
 * @throws PrakerjaError, exit 2, when the file is refused whole: not this format, not UTF-8, broken off, or a statement
 * whose opening plus entries is not its closing. That may come after lines were yielded: keep nothing until `end`.
 */
export type StatementReader = (stream: ByteStream) => AsyncGenerator<StatementEvent, void, undefined>;

export function unreadable(lineNumber: number, why: string): UnreadableLine {
  return { kind: 'unreadable', unreadable: true, lineNumber, why };
}

/** A line of which everything can be read, but whose amount has sen. */
export function withSen(lineNumber: number, notOurs: boolean): UnreadableLine {
  return { ...unreadable(lineNumber, 'its amount has sen'), notOurs };
}
