import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrakerjaError } from '../../../../jobs/errors.ts';
import { readMt940 } from '../../../../workers/payout/statement/mt940.ts';
import { pieces, readAll } from './camt-writer.ts';

const REF = 'P00000000000000A';
const paid = `:61:2009150915D600000,00NTRF${REF}//BNIS1\n:86:TRF SITI`;
const message = (...entries: string[]) =>
  `:20:STMT\n:25:0000000001\n:28C:7/1\n:60F:C200915IDR1000000,\n${entries.join('\n')}\n:62F:C200915IDR400000,00\n-\n`;
const read = (text: string, size?: number) => readAll(readMt940, pieces(text, size));
const line = async (entry: string) => (await read(message(entry).replace(/:62F:.*\n/, '')))[1];

describe('a statement', () => {
  it.each([1, 7, 1 << 16])('is read in full, in pieces of %d bytes', async (size) => {
    const events = await read(message(paid).replaceAll('\n', '\r\n'), size);
    expect(events).toMatchObject([
      { kind: 'statement', account: '0000000001', statementId: 'STMT 7/1', currency: 'IDR', opening: 1_000_000n },
      {
        kind: 'line',
        lineNumber: 1,
        bookingDate: '2020-09-15',
        amountIdr: 600_000n,
        direction: 'debit',
        reference: REF,
        bankReference: 'BNIS1',
        description: `${REF}\nTRF SITI`,
      },
      { kind: 'end', closing: 400_000n, from: '2020-09-15', to: '2020-09-15', balanced: true },
    ]);
  });

  it('that does not add up is refused whole', async () => {
    await expect(read(message(paid, paid))).rejects.toThrow('difference 600000');
  });

  it.each([
    ['is an MT942', ':20:1\n:25:1\n:34F:IDR0,\n', 'MT942'],
    ['is empty', '', 'no statement'],
    ['has an entry before its opening', ':20:1\n:61:2009150915D1,NTRF\n:86:x\n', 'before its opening'],
    ['has an unreadable balance', ':20:1\n:60F:X200915IDR1,\n', ':60F:'],
  ])('that %s is refused', async (_, text, why) => {
    await expect(read(text)).rejects.toThrow(why);
  });
});

describe('a line', () => {
  it.each<[string, string, object]>([
    [
      'the reference in :86:',
      `:61:2009150915D600000,NTRFNONREF\n:86:KE ${REF} SITI`,
      { reference: REF, direction: 'debit' },
    ],
    ['a wrapped reference is not glued', ':61:200915D1,NTRF\n:86:P0000000\n0000000A', { reference: null }],
    [
      'RD is money back',
      `:61:200915RD600000,NTRF${REF}\n:86:RETUR AC04`,
      { direction: 'credit', returnReason: 'AC04' },
    ],
    ['RC takes a credit back', ':61:200915RC1,NTRF', { direction: 'debit' }],
    ['a funds code', ':61:200915CR1,NTRF', { direction: 'credit', amountIdr: 1n }],
    ['booked in the year before', ':61:2101021231D1,NTRF', { bookingDate: '2020-12-31', valueDate: '2021-01-02' }],
    ['booked in the year after', ':61:2012310102D1,NTRF', { bookingDate: '2021-01-02' }],
    ['sen', ':61:200915D1,50NTRF', { kind: 'unreadable', why: 'its amount has sen' }],
    ['no amount', ':61:200915DNTRF', { kind: 'unreadable', why: 'its :61: cannot be read' }],
    ['an impossible date', ':61:200931D1,NTRF', { kind: 'unreadable', why: 'its dates cannot be read' }],
    ['two references', `:61:200915D1,NTRF${REF}\n:86:P00000000000000B`, { kind: 'unreadable' }],
  ])('%s', async (_, entry, expected) => {
    expect(await line(entry)).toMatchObject(expected);
  });
});

it('bytes of any kind, and statements with any byte changed, are read or refused, never a crash', async () => {
  const good = new TextEncoder().encode(message(paid));
  const spoiled = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.with(at, byte));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), spoiled), async (bytes) => {
      const error = await readAll(readMt940, pieces(bytes)).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) expect(error).toBeInstanceOf(PrakerjaError);
    }),
    { numRuns: 300 },
  );
});

const CORPUS = fileURLToPath(new URL('../../../../../shared/corpora/statements/mt940/', import.meta.url));

/** Beside the project; where they are absent our own vector stands in. */
it.each([
  ['mBank/mt940.sta', '0.4', '0.43', 3],
  ['mBank/with_newline_in_tnr.sta', '0.46', '860.17', 2],
])('%s has its structure read', async (file, openingText, closingText, unreadable) => {
  const path = join(CORPUS, file);
  if (!existsSync(path)) return expect(await read(message(paid))).toHaveLength(3);
  const reading = readAll(readMt940, createReadStream(path));
  if (file.includes('newline')) return expect(reading).rejects.toThrow(`closing is ${closingText}`);
  expect((await reading).at(-1)).toMatchObject({ openingText, closingText, unreadable, balanced: true });
});
