import { notYet } from '../../../jobs/errors.ts';
import { BNI_COLUMNS, readBniCsv } from './bni-csv.ts';
import { readCamt053 } from './camt053.ts';
import { readMt940 } from './mt940.ts';
import type { StatementFormat, StatementReader } from './statement.ts';

export * from './statement.ts';

/** A format whose reader is not written: an honest error is better than a guess at somebody's export. */
function missing(format: StatementFormat): StatementReader {
  // biome-ignore lint/correctness/useYield: it has nothing to yield.
  return async function* () {
    throw notYet(`statements in ${format}; ask the bank for camt.053`);
  };
}

/** Each format's reader. */
export const statementReaders: Readonly<Record<StatementFormat, StatementReader>> = {
  camt053: readCamt053,
  mt940: readMt940,
  'bni-csv': readBniCsv,
  'bca-csv': missing('bca-csv'),
  'mandiri-csv': missing('mandiri-csv'),
  'bri-csv': missing('bri-csv'),
  'wallet-csv': missing('wallet-csv'),
};

/** How much of a file's beginning `detectFormat` looks at. */
export const DETECT_BYTES = 8 * 1024;

const MARKS: readonly (readonly [StatementFormat, (text: string) => boolean])[] = [
  ['camt053', (text) => text.trimStart().startsWith('<') && /<(?:[\w.-]+:)?BkToCstmrStmt\b/.test(text)],
  ['mt940', (text) => /(?:^|\n|\{4:\n):20:/.test(text) && /\n:60[FM]:/.test(text)],
  ['bni-csv', (text) => text.startsWith(BNI_COLUMNS.join(','))],
];

/** The format that the beginning of a file (DETECT_BYTES of it) shows; null: none that is known, so ask for --format. */
export function detectFormat(bytes: Uint8Array): StatementFormat | null {
  const start = Buffer.from(bytes.subarray(0, DETECT_BYTES)).toString('latin1');
  const text = start.replace(/^\u00ef\u00bb\u00bf/, '').replaceAll('\r', '');
  return MARKS.find(([, isThis]) => isThis(text))?.[0] ?? null;
}
