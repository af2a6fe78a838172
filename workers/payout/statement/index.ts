import { BCA, readBcaCsv } from './bca-csv.ts';
import { BNI, readBniCsv } from './bni-csv.ts';
import { BRI, readBriCsv } from './bri-csv.ts';
import { readCamt053, readCamt054 } from './camt053.ts';
import { MANDIRI, readMandiriCsv } from './mandiri-csv.ts';
import { readMt940 } from './mt940.ts';
import type { StatementFormat, StatementReader } from './statement.ts';
import { hasHeader } from './table.ts';
import { requireNotUtf16 } from './text.ts';
import { readWalletCsv } from './wallet-csv.ts';
import { WALLET } from './wallet-layout.ts';

export * from './our-ids.ts';
export * from './statement.ts';

/** Each format's reader. */
export const statementReaders: Readonly<Record<StatementFormat, StatementReader>> = {
  camt053: readCamt053,
  camt054: readCamt054,
  mt940: readMt940,
  'bni-csv': readBniCsv,
  'bca-csv': readBcaCsv,
  'mandiri-csv': readMandiriCsv,
  'bri-csv': readBriCsv,
  'wallet-csv': readWalletCsv,
};

/** How much of a file's beginning `detectFormat` looks at. */
export const DETECT_BYTES = 8 * 1024;

/** A message is known by the namespace of its version, or by its root element. */
function isMessage(text: string, namespace: string, root: string): boolean {
  if (!text.trimStart().startsWith('<')) return false;
  return (
    text.includes(`urn:iso:std:iso:20022:tech:xsd:${namespace}.`) || new RegExp(`<(?:[\\w.-]+:)?${root}\\b`).test(text)
  );
}

const MARKS: readonly (readonly [StatementFormat, (text: string) => boolean])[] = [
  ['camt053', (text) => isMessage(text, 'camt.053', 'BkToCstmrStmt')],
  ['camt054', (text) => isMessage(text, 'camt.054', 'BkToCstmrDbtCdtNtfctn')],
  ['mt940', (text) => /(?:^|\n|\{4:\n?):20:/.test(text) && /\n:60[FM]:/.test(text)],
  // Before BNI's, whose journal number it may have: a balance before each row is what no other bank has.
  ['bri-csv', (text) => hasHeader(text, BRI, { column: 'before', times: 1 })],
  ['bni-csv', (text) => hasHeader(text, BNI)],
  ['wallet-csv', (text) => hasHeader(text, WALLET)],
  ['bca-csv', (text) => hasHeader(text, BCA) && /\bperiode?\b/i.test(text)],
  // Two columns for one text are what no other bank has.
  ['mandiri-csv', (text) => hasHeader(text, MANDIRI, { column: 'description', times: 2 })],
];

/**
 * The format that the beginning of a file (DETECT_BYTES of it) shows; null: none that is known, so ask for --format.
 * @throws exit 2 for UTF-16: it is no format that somebody could name
 */
export function detectFormat(bytes: Uint8Array): StatementFormat | null {
  requireNotUtf16(bytes);
  const start = Buffer.from(bytes.subarray(0, DETECT_BYTES)).toString('latin1');
  const text = start.replace(/^\u00ef\u00bb\u00bf/, '').replaceAll('\r', '');
  return MARKS.find(([, isThis]) => isThis(text))?.[0] ?? null;
}
