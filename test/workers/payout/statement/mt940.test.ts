import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrakerjaError } from '../../../../jobs/errors.ts';
import { detectFormat } from '../../../../workers/payout/statement/index.ts';
import { readMt940 } from '../../../../workers/payout/statement/mt940.ts';
import { pieces, readAll } from './camt-writer.ts';

const REF = 'P00000000000000A';
const paid = `:61:2009150915D600000,00NTRF${REF}//BNIS1\n:86:TRF SITI`;
const message = (...entries: string[]) =>
  `:20:STMT\n:25:0000000001\n:28C:7/1\n:60F:C200915IDR1000000,\n${entries.join('\n')}\n:62F:C200915IDR400000,00\n-\n`;
const read = (text: string, size?: number) => readAll(readMt940, pieces(text, size));
/** The one entry of a message that ends with what it comes to: a message without its closing is refused. */
async function line(entry: string) {
  const [, mark = '', amount = '0'] = /^:61:\d+(R?[CD])[A-Z]?(\d+),/.exec(entry) ?? [];
  const sum = mark === 'D' || mark === 'RC' ? -Number(amount) : Number(amount);
  const sen = entry.includes(',50') ? ',50' : ',';
  const closing = sen === ',50' ? '999998,50' : `${1_000_000 + sum},`;
  return (await read(message(entry).replace(/:62F:.*/, `:62F:C200915IDR${closing}`)))[1];
}

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

  it.each<[string, string, string, string]>([
    ['of its lines', '201230D1', '201231D1', '2020-12-30'],
    ['of the lines from its opening on', '201228D1', '201230D1', '2020-12-30'],
    ['of its closing, when its lines are dated before', '201228D1', '201229D1', '2020-12-31'],
    ['of its closing, when its lines are dated after', '210104D1', '210105D1', '2020-12-31'],
  ])('begins on the first day %s', async (_, first, second, from) => {
    const text = `:20:S\n:25:1\n:60F:C201230IDR2,\n:61:${first},NINT\n:61:${second},NINT\n:62F:C201231IDR0,\n-\n`;
    expect((await read(text)).at(-1)).toMatchObject({ from, to: '2020-12-31' });
  });

  it.each([
    ['is an MT942', ':20:1\n:25:1\n:34F:IDR0,\n', 'MT942'],
    ['is empty', '', 'no statement'],
    ['has an entry before its opening', ':20:1\n:61:2009150915D1,NTRF\n:86:x\n-\n', 'before its opening'],
    ['has no closing', message(paid).replace(/:62F:.*\n/, ''), 'no :62F:: it was cut off'],
    ['has no closing, nor an end', `${message().split('\n:62F:')[0]}\n`, 'no :62F:: it was cut off'],
    [
      'has no closing, and another message behind it',
      `${message(paid).replace(/:62F:.*\n-\n/, '')}${message(paid)}`,
      'no :62F:: it was cut off',
    ],
    ['is cut off in the head of its second message', `${message(paid)}:20:STMT\n:25:000`, 'no opening: it was cut off'],
    [
      'says it is of one that a message must not name',
      message(paid, paid).replace('STMT', 'A\nSITI AMINAH'),
      'statement A: opening',
    ],
    ['has a long id', message(paid, paid).replace('STMT', 'X'.repeat(40)), `statement ${'X'.repeat(16)}: opening`],
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
    ['the reference behind //', `:61:2009150915D1,NTRFNONREF//${REF}`, { reference: REF, bankReference: REF }],
    ['the reference in lower case', `:61:2009150915D1,NTRF${REF.toLowerCase()}`, { reference: REF }],
    ['the reference behind // in groups', ':61:2009150915D1,NTRFNONREF//P000 0000 0000 000A', { reference: REF }],
    ['/EREF/ in lower case', `:61:200915D1,NTRF\n:86:/EREF/${REF.toLowerCase()}/REMI/x`, { reference: REF }],
    ['/EREF/ in groups, the last', ':61:200915D1,NTRF\n:86:/CNTP/1/2/3//EREF/P000 0000 0000 000A', { reference: REF }],
    ['?20 in groups', ':61:200915D1,NTRF\n:86:116?00TRF?20P000 0000 0000 000A?21x', { reference: REF }],
    ['EREF+ in lower case', `:61:200915D1,NTRF\n:86:116?20EREF+${REF.toLowerCase()}?21SVWZ+X`, { reference: REF }],
    [
      'EREF+ in lower case over two subfields',
      `:61:200915D1,NTRF\n:86:116?20EREF+${REF.slice(0, 9).toLowerCase()}?21${REF.slice(9).toLowerCase()}`,
      { reference: REF },
    ],
    ['free text in lower case', `:61:200915D1,NTRF\n:86:KE ${REF.toLowerCase()}`, { reference: null }],
    ['no number of the bank’s', `:61:200915D1,NTRF${REF}//NONREF`, { bankReference: null }],
    ['none in other words', `:61:200915D1,NTRF${REF}//NotProvided`, { bankReference: null }],
    ['two fields of :86:', `:61:200915D1,NTRF\n:86:TRANSFER\n:86:KE ${REF}`, { description: `TRANSFER\nKE ${REF}` }],
    ['two fields of :86:, the reference in the second', `:61:200915D1,NTRF\n:86:x\n:86:${REF}`, { reference: REF }],
    ['a text that begins like a tag', `:61:200915D1,NTRF\n:86:JAM 10\n:12:11 REF ${REF}`, { reference: REF }],
    ['a time that is a tag elsewhere', `:61:200915D1,NTRF\n:86:JAM\n:21:30 ${REF}`, { reference: REF }],
    ['a type filled up with blanks', `:61:200915D1,NOV ${REF}`, { reference: REF }],
    ['a type of one letter', `:61:200915D1,00S   ${REF}`, { reference: REF }],
    ['a type whose blanks an editor cut off', `:61:200915D1,NOV\n:86:${REF}`, { reference: REF }],
    ['a bank’s own tags', `:61:200915D1,NTRF\n:86:${REF}\n:NS:22SITI P00000000000000B`, { reference: REF }],
    ['a letter with an accent', `:61:200915D1,NTRF\n:86:ANDR\u00c9 ${REF}`, { reference: REF }],
    ['a bulk id in :61:', ':61:200915D1,NTRFPRAKERJA-RUN-12', { bulkId: 'PRAKERJA-RUN-12', reference: null }],
    [
      'a bulk id in :86:',
      ':61:200915D1,NTRF\n:86:BULK PRAKERJA-BULK-0123456789ABCDEF0123',
      { bulkId: 'PRAKERJA-BULK-0123456789ABCDEF0123' },
    ],
    [
      'a bulk id that :61: has no room for',
      ':61:200915D1,NTRFPRAKERJA-RUN-123\n:86:PRAKERJA-RUN-1234',
      { bulkId: 'PRAKERJA-RUN-1234' },
    ],
    [
      'two bulk ids',
      ':61:200915D1,NTRFPRAKERJA-RUN-1\n:86:PRAKERJA-RUN-2',
      { why: 'it names several of our bulk ids' },
    ],
    [
      'an order and its bulk',
      `:61:200915D1,NTRF${REF}\n:86:PRAKERJA-RUN-1`,
      { reference: REF, bulkId: 'PRAKERJA-RUN-1' },
    ],
    ['RC takes a credit back', ':61:200915RC1,NTRF', { direction: 'debit' }],
    ['a funds code', ':61:200915CR1,NTRF', { direction: 'credit', amountIdr: 1n }],
    ['booked in the year before', ':61:2101021231D1,NTRF', { bookingDate: '2020-12-31', valueDate: '2021-01-02' }],
    ['booked in the year after', ':61:2012310102D1,NTRF', { bookingDate: '2021-01-02' }],
    ['sen', ':61:200915D1,50NTRF', { kind: 'unreadable', why: 'its amount has sen', notOurs: true }],
    ['sen of ours', `:61:200915D1,50NTRF${REF}`, { kind: 'unreadable', why: 'its amount has sen', notOurs: false }],
    ['sen on no day', ':61:200931D1,50NTRF', { kind: 'unreadable', why: 'its dates cannot be read' }],
    ['no amount', ':61:200915DNTRF', { kind: 'unreadable', why: 'its :61: cannot be read' }],
    ['an impossible date', ':61:200931D1,NTRF', { kind: 'unreadable', why: 'its dates cannot be read' }],
    ['two references', `:61:200915D1,NTRF${REF}\n:86:P00000000000000B`, { kind: 'unreadable' }],
  ])('%s', async (_, entry, expected) => {
    expect(await line(entry)).toMatchObject(expected);
  });
});

describe('a reference over two lines', () => {
  const text = 'MCM INHOUSETRF CS-CS DARI REKENING PROGRAM KARTU PRAKERJA ';
  const of = (info: string) => line(`:61:2009150915D1,NTRF\n:86:${info}`);

  it('is joined where SWIFT cuts: at column 65', async () => {
    expect(`${text}${REF}`.indexOf(REF) + 7).toBe(65);
    expect(await of(`${text}${REF.slice(0, 7)}\n${REF.slice(7)} SITI`)).toMatchObject({ reference: REF });
    expect(await of(`${text.slice(1)}${REF.slice(0, 7)}\n${REF.slice(7)} SITI`)).toMatchObject({ reference: null });
  });

  it('is found at the end of a full line, too, whatever comes next', async () => {
    const full = `${text.slice(9)}${REF}`;
    expect(await of(`${full}\nSITI`)).toMatchObject({ reference: REF, description: `${full}\nSITI` });
  });

  it('is joined where a structured text is cut: at its subfields', async () => {
    expect(await of(`116?00TRF?20${REF.slice(0, 9)}?21${REF.slice(9)}?30BNINIDJA`)).toMatchObject({ reference: REF });
    expect(await of(`116?00TRF?20${REF}?21INSENTIF`)).toMatchObject({ reference: REF });
    expect(await of(`116?00TRF?20EREF+${REF}?21SVWZ+INSENTIF`)).toMatchObject({ reference: REF });
    expect(await of(`TRF?20${REF.slice(0, 9)}?21${REF.slice(9)}`)).toMatchObject({ reference: null });
    expect(await of(`116?00TRF?20${REF.slice(0, 9)}?30${REF.slice(9)}`)).toMatchObject({ reference: null });
    expect(await of(`116?00TRF?20${REF.slice(0, 9)}\n?21${REF.slice(9)}`)).toMatchObject({ reference: REF });
    expect(await of(`?00TRF?20${REF}?31123456`)).toMatchObject({ reference: REF });
  });
});

describe('the other side', () => {
  it.each<[string, string | null, string | null]>([
    ['116?00TRF?20X?30BNINIDJA?311234567890?32SITI?33 AMINAH?34997', '1234567890', 'SITI AMINAH'],
    ['116?00TRF?32SITI AMI\n?33NAH\n?34997', null, 'SITI AMINAH'],
    ['?00TRF?20X?31123456?32SITI AMINAH', '123456', 'SITI AMINAH'],
    ['116?00TRF?31123456?32ANDR? SITI?33?', '123456', 'ANDR? SITI?'],
    ['/EREF/X/CNTP/1234567890/BNINIDJA/SITI AMINAH///REMI/x', '1234567890', 'SITI AMINAH'],
    ['/BENM//NAME/SITI AMINAH/REMI/x', null, 'SITI AMINAH'],
    ['/BENM/SITI AMINAH', null, 'SITI AMINAH'],
    ['TRANSFER KE SITI AMINAH', null, null],
    ['116?00TRF?310000000001?32PROGRAM PRAKERJA', null, null],
  ])('of %j', async (info, counterpartyAccount, counterpartyName) => {
    const entry = await line(`:61:2009150915D1,NTRF${REF}\n:86:${info}`);
    expect(entry).toMatchObject({ counterpartyAccount, counterpartyName });
  });
});

describe('a return', () => {
  it.each<[string, string, string | null]>([
    ['by its code word', 'NTRF\n:86:/RTRN/AC04/EREF/x', 'AC04'],
    ['by its type', 'NRTI\n:86:AC07 REKENING TUTUP', 'AC07'],
    ['that names no code, and nothing of ours', 'NRTI\n:86:RT05 RW03', 'MS03'],
    ['that is none', 'NTRF\n:86:AC04', null],
  ])('%s', async (_, rest, returnReason) => {
    expect(await line(`:61:2009150915C1,${rest}`)).toMatchObject({ direction: 'credit', returnReason });
  });

  it('of a debit that is taken back', async () => {
    expect(await line(':61:2009150915RD1,NTRF\n:86:BE04')).toMatchObject({ returnReason: 'BE04' });
  });
});

describe('several messages', () => {
  const one = message(paid);
  const bare = one.replace(/-\n$/, '');
  const enveloped = `{1:F01BMRIIDJAXXXX0000000000}{2:O940}{4:\n${bare}`;
  it.each<[string, string]>([
    ['with a "-" between them', one + one],
    ['with nothing between them', bare + bare],
    ['with their type before them', `:940:\n${bare}:940:\n${bare}`],
    ['with ING’s end', `${bare}-XXX\n${bare}-XXX`],
    ['in envelopes', `${enveloped}-}\n${enveloped}-}`],
    ['in envelopes with $ behind them', `${enveloped}-}$\n${enveloped}-}{5:{CHK:1}}$\n`],
    ['in frames', `\u0001${enveloped}-}\u0003\n\u0001${enveloped}-}{5:{CHK:1}}\u0003\n`],
    ['in envelopes without an end', enveloped + enveloped],
    ['that begin in the line of their envelope', `${enveloped}-}\n`.replaceAll('{4:\n', '{4:').repeat(2)],
    ['with a bank’s lines behind them, and no end', `${bare}0000 01INGBNL2A\n${bare}0000 01INGBNL2A\n`],
    ['with a bank’s lines between them', `0000 01INGBNL2A\n940 00\n${one}0000 01INGBNL2A\n940 00\n${one}`],
  ])('%s', async (_, text) => {
    expect(detectFormat(new TextEncoder().encode(text))).toBe('mt940');
    for (const file of [text, text.replaceAll('\n', '\r\n')])
      expect(await read(file)).toMatchObject([
        { kind: 'statement', statementId: 'STMT 7/1' },
        { kind: 'line', lineNumber: 1, reference: REF, description: `${REF}\nTRF SITI` },
        { kind: 'end', balanced: true },
        { kind: 'statement' },
        { kind: 'line', lineNumber: 1 },
        { kind: 'end', balanced: true },
      ]);
  });
});

it('Latin-1 is read', async () => {
  const bytes = Buffer.from(message(paid.replace('SITI', 'ANDR\u00c9')), 'latin1');
  expect((await readAll(readMt940, pieces(bytes, 1)))[1]).toMatchObject({ description: `${REF}\nTRF ANDR\u00c9` });
});

it('cut off anywhere, a statement is refused, or all of it is there', async () => {
  const text = message(paid, paid.replace('D600000,00', 'C200000,').replace(REF, 'P00000000000000B')).replace(
    'C200915IDR400000,00',
    'C200915IDR600000,',
  );
  const whole = await read(text);
  for (let at = 0; at < text.length; at++) {
    const events = await read(text.slice(0, at)).catch((error: unknown) => {
      expect(error).toBeInstanceOf(PrakerjaError);
      return null;
    });
    if (events !== null) expect(events).toEqual(whole);
  }
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
