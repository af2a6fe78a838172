import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrakerjaError } from '../../../../jobs/errors.ts';
import { readCamt053 } from '../../../../workers/payout/statement/camt053.ts';
import type { StatementLine } from '../../../../workers/payout/statement/index.ts';
import { document, entry, pieces, readAll, statement } from './camt-writer.ts';

const payment = {
  amount: '600000.00',
  direction: 'debit',
  endToEndId: 'P00000000000000A',
  name: 'SITI AMINAH',
} as const;

describe('properties', () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => /^\P{C}*$/u.test(text));
  const written = fc.record({
    amount: fc.bigInt({ min: 0n, max: 10n ** 12n }),
    direction: fc.constantFrom('debit' as const, 'credit' as const),
    endToEndId: fc.stringMatching(/^P[0-9A-Z]{15}$/),
    name,
    account: fc.stringMatching(/^\d{8,16}$/),
  });

  it('what a writer wrote is read back, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(written, { maxLength: 8 }),
        fc.bigInt(),
        fc.integer({ min: 1, max: 300 }),
        async (all, o, size) => {
          const opening = o % 10n ** 15n;
          const closing = all.reduce(
            (sum, { amount, direction }) => sum + (direction === 'debit' ? -amount : amount),
            opening,
          );
          const entries = all.map((one) => entry({ ...one, amount: `${one.amount}.00` }));
          const events = await readAll(
            readCamt053,
            pieces(document(statement(entries, `${opening}`, `${closing}`)), size),
          );
          const lines = events.filter((event): event is StatementLine => event.kind === 'line');
          expect(
            lines.map((l) => [l.amountIdr, l.direction, l.reference, l.counterpartyName, l.counterpartyAccount]),
          ).toEqual(
            all.map((one) => [one.amount, one.direction, one.endToEndId, one.name.trim() || null, one.account]),
          );
          expect(events.at(-1)).toMatchObject({ kind: 'end', opening, closing, balanced: true });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('bytes of any kind, and statements with any byte changed, are read or refused, never a crash', async () => {
    const good = new TextEncoder().encode(document(statement([entry(payment)], '600000', '0')));
    const spoiled = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.with(at, byte));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 400 }), spoiled), async (bytes) => {
        const error = await readAll(readCamt053, pieces(bytes)).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(PrakerjaError);
      }),
      { numRuns: 500 },
    );
  });
});
