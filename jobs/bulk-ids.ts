import { sha256Hex } from './canonical.ts';

const DIGITS = 20;

/**
 * The partnerBulkId of orders that go in one call: the same orders, the same id, for ever. 34 characters, for a statement
 * (PmtInfId) has room for 35; 80 bits of SHA-256.
 */
export function bulkIdOf(references: readonly string[]): string {
  return `PRAKERJA-BULK-${sha256Hex([...references].sort().join('\n'))
    .slice(0, DIGITS)
    .toUpperCase()}`;
}
