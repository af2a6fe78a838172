import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrakerjaError } from '../../../../jobs/errors.ts';
import {
  detectFormat,
  type StatementEvent,
  type StatementFormat,
  type StatementLine,
  statementReaders,
} from '../../../../workers/payout/statement/index.ts';
import { pieces, readAll } from './camt-writer.ts';
import {
  type Manner,
  type Movement,
  manners,
  movements,
  told,
  writeBca,
  writeBni,
  writeBri,
  writeMandiri,
  writeWallet,
} from './csv-writer.ts';

interface Format {
  readonly write: (all: readonly Movement[], manner: Manner) => string;
  readonly isLine: (one: Movement) => boolean;
  /** Lines of the file, besides rows, without which the total would be another and nobody could tell. */
  readonly ends: boolean;
}

const FORMATS: readonly (readonly [StatementFormat, Format])[] = [
  ['bca-csv', { write: writeBca, isLine: (one) => !one.pending, ends: false }],
  ['bni-csv', { write: writeBni, isLine: () => true, ends: true }],
  ['mandiri-csv', { write: writeMandiri, isLine: () => true, ends: true }],
  ['bri-csv', { write: writeBri, isLine: () => true, ends: true }],
  ['wallet-csv', { write: writeWallet, isLine: (one) => !one.failed, ends: false }],
];

const linesOf = (events: readonly StatementEvent[]) =>
  events.filter((event): event is StatementLine => event.kind === 'line');

/** Debits and credits apart: what damage may not change in silence. */
function totals(events: readonly StatementEvent[]): readonly [bigint, bigint] {
  const of = (direction: string) =>
    linesOf(events).reduce((sum, line) => sum + (line.direction === direction ? line.amountIdr : 0n), 0n);
  return [of('debit'), of('credit')];
}

const damages = fc.record({
  kind: fc.constantFrom('digit' as const, 'line out' as const, 'line twice' as const, 'cut' as const),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  digit: fc.integer({ min: 0, max: 9 }),
});

function damaged(text: string, { kind, at, digit }: { kind: string; at: number; digit: number }): string {
  if (kind === 'cut') return text.slice(0, Math.floor(at * text.length));
  if (kind === 'digit') {
    const digits = [...text.matchAll(/\d/g)].map((match) => match.index);
    const place = digits[Math.floor(at * digits.length)] ?? 0;
    return `${text.slice(0, place)}${digit}${text.slice(place + 1)}`;
  }
  const lines = text.split('\n');
  const which = Math.floor(at * lines.length);
  return [
    ...lines.slice(0, which),
    ...(kind === 'line twice' ? [lines[which], lines[which]] : []),
    ...lines.slice(which + 1),
  ].join('\n');
}

describe.each(FORMATS)('%s', (format, { write, isLine, ends }) => {
  const read = (file: string | Uint8Array, size?: number) => readAll(statementReaders[format], pieces(file, size));

  it('what a writer wrote is read back, in any order of columns, either style of numbers, pieces of any size', async () => {
    let numbered = 0;
    await fc.assert(
      fc.asyncProperty(movements, manners, fc.integer({ min: 1, max: 300 }), async (all, manner, size) => {
        const file = write(all, manner);
        expect(detectFormat(new TextEncoder().encode(file))).toBe(format);
        const events = await read(file, size);
        const expected = all.filter(isLine);
        expect(linesOf(events).map(told)).toEqual(expected.map(told));
        for (const [i, line] of linesOf(events).entries())
          expect(`${line.description} ${line.counterpartyName}`).toContain(expected[i]?.text);
        expect(events.at(-1)).toMatchObject({
          lines: expected.length,
          unreadable: 0,
          notBooked: all.length - expected.length,
        });
        numbered += expected.length;
      }),
      { numRuns: 80 },
    );
    expect(numbered).toBeGreaterThan(80);
  });

  it('damage is refused, unreadable, or changes no total', async () => {
    let noticed = 0;
    await fc.assert(
      fc.asyncProperty(movements, manners, damages, async (all, manner, damage) => {
        const file = write(all, manner);
        const good = await read(file);
        const events = await read(damaged(file, damage)).catch((error: unknown) => {
          expect(error).toBeInstanceOf(PrakerjaError);
          return null;
        });
        const end = events?.at(-1);
        if (events === null || (end?.kind === 'end' && end.unreadable > 0)) {
          noticed++;
          return;
        }
        const before = good.at(-1);
        if (end?.kind !== 'end' || before?.kind !== 'end') throw new Error('there is no end');
        // A chain cannot tell that its first or last rows are missing, nor totals that of what is pending and what is not one
        // was lost, as much as the other: the next statement's gap does.
        const mayShow = ends || all.some((one) => one.pending);
        const shows = mayShow && (end.openingText !== before.openingText || end.closingText !== before.closingText);
        if (!shows) expect(totals(events)).toEqual(totals(good));
      }),
      { numRuns: 400 },
    );
    expect(noticed).toBeGreaterThan(50);
  });

  it('bytes of any kind, and statements with any byte changed, are read or refused, never a crash', async () => {
    const manner: Manner = {
      style: 'english',
      separator: ',',
      lineEnd: '\r\n',
      opening: 1_000_000n,
      order: [],
      page: 2,
    };
    const one = { day: '2020-12-30', amountIdr: 600_000n, text: 'SITI, AMINAH', pending: false, failed: false };
    const good = new TextEncoder().encode(
      write(
        [
          { ...one, direction: 'debit', reference: 'P00000000000000A' },
          { ...one, direction: 'credit', reference: 'P00000000000000B' },
        ],
        manner,
      ),
    );
    const spoiled = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.with(at, byte));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 400 }), spoiled), async (bytes) => {
        const error = await read(bytes).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(PrakerjaError);
      }),
      { numRuns: 400 },
    );
  });
});
