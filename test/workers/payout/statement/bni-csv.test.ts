import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrakerjaError } from '../../../../jobs/errors.ts';
import { readBniCsv } from '../../../../workers/payout/statement/bni-csv.ts';
import { detectFormat, type StatementLine } from '../../../../workers/payout/statement/index.ts';
import { pieces, readAll } from './camt-writer.ts';

const HEADER = 'Post Date,Value Date,Branch,Journal No.,Description,Debit,Credit';
const REF = 'P00000000000000A';
const AT = '15/09/20 10.00.00';
const PAID = `${AT},${AT},0988,00000001,"TRF/${REF}/0123456789/SITI, AMINAH","600,000.00","0.00"`;

const read = (...rows: string[]) => readAll(readBniCsv, pieces(`${[HEADER, ...rows].join('\r\n')}\r\n`));
const awal = (credit: string, debit = '0.00') =>
  `01/09/20 00.00.00,01/09/20 00.00.00,0988,,SALDO AWAL,"${debit}","${credit}"`;
const akhir = (credit: string, debit = '0.00') =>
  `30/09/20 23.59.59,30/09/20 23.59.59,0988,,SALDO AKHIR,"${debit}","${credit}"`;

describe('a statement', () => {
  it('is read in full', async () => {
    const common = { account: null, statementId: null, currency: 'IDR', from: '2020-09-01' };
    expect(await read(awal('1,000,000.00'), PAID, akhir('400,000.00'))).toEqual([
      {
        kind: 'statement',
        ...common,
        to: null,
        opening: 1_000_000n,
        closing: null,
        openingText: '1000000',
        closingText: null,
        madeAt: null,
      },
      {
        kind: 'line',
        lineNumber: 3,
        bookingDate: '2020-09-15',
        valueDate: '2020-09-15',
        amountIdr: 600_000n,
        direction: 'debit',
        reference: REF,
        bulkId: null,
        counterpartyName: 'SITI, AMINAH',
        counterpartyAccount: '0123456789',
        bankReference: '00000001',
        returnReason: null,
        description: `TRF/${REF}/0123456789/SITI, AMINAH`,
      },
      {
        kind: 'end',
        ...common,
        to: '2020-09-30',
        opening: 1_000_000n,
        closing: 400_000n,
        openingText: '1000000',
        closingText: '400000',
        madeAt: null,
        lines: 1,
        unreadable: 0,
        notBooked: 0,
        balanced: true,
      },
    ]);
  });

  it('without balance rows has none, and takes its days from its lines', async () => {
    const events = await read(PAID);
    const end = { kind: 'end', opening: null, closing: null, balanced: false, lines: 1 };
    expect(events.at(-1)).toMatchObject({ ...end, from: '2020-09-15', to: '2020-09-15' });
  });

  it.each<[string, string[], object]>([
    ['nothing on it', [awal('0.00'), akhir('0.00')], { opening: 0n, closing: 0n, balanced: true, lines: 0 }],
    ['overdrawn', [awal('0.00'), PAID, akhir('0.00', '600,000.00')], { closing: -600_000n, balanced: true }],
    ['only the header', [], { opening: null, lines: 0, balanced: false }],
  ])('with %s', async (_, rows, end) => {
    expect((await read(...rows)).at(-1)).toMatchObject(end);
  });

  it.each<[string, string[], string]>([
    ['that does not add up', [awal('1,000,000.00'), PAID, akhir('400,001.00')], 'difference 1)'],
    ['with rows after its closing', [awal('1'), akhir('1'), PAID], 'after SALDO AKHIR'],
    ['with its opening further down', [PAID, awal('1')], 'not the first row'],
    ['whose opening cannot be read', [awal('??')], 'line 2: the opening'],
    ['with an opening and no closing', [awal('1,000,000.00'), PAID], 'does not say its closing: it was cut off'],
    ['with an opening and nothing else', [awal('1,000,000.00')], 'does not say its closing: it was cut off'],
    ['that writes numbers in two ways', [PAID, PAID.replace('600,000.00', '600.000,00')], 'in two ways'],
    ['with a stray quote', [`${AT},${AT},0988,1,O"BRIEN,"1.00","0.00"`], 'line 2'],
    ['with a quote that is never closed', [`${AT},"${'x'.repeat(70_000)}`], 'line 2'],
  ])('%s is refused whole', async (_, rows, message) => {
    const reading = read(...rows);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ exitCode: 2 });
  });

  it.each(['', 'a,b,c\n1,2,3\n', '<Document/>', HEADER.replace(',Credit', '')])('refuses %j', async (text) => {
    await expect(readAll(readBniCsv, pieces(text))).rejects.toMatchObject({ exitCode: 2 });
  });

  it('accepts a byte order mark and bare line feeds', async () => {
    expect(await readAll(readBniCsv, pieces(`\ufeff${HEADER}\n${PAID}\n`))).toHaveLength(3);
  });
});

describe('a line', () => {
  const row = (description: string, debit = '', credit = '600,000.00', posted = AT) =>
    `${posted},${AT},0988,1,"${description}","${debit}","${credit}"`;

  it.each<[string, string, object]>([
    ['a return', row(`RETUR/${REF}/0123/SITI AC04`), { direction: 'credit', reference: REF, returnReason: 'AC04' }],
    ['a return without a code', row(`RETUR/${REF}/012/SITI`), { returnReason: null, counterpartyAccount: '012' }],
    ['two codes', row(`RETUR ${REF} AC04 AC01`), { returnReason: null }],
    ['a return of nobody known', row('RETUR KLIRING'), { reference: null, returnReason: 'MS03' }],
    ['other free text names nobody', row(`PEMBAYARAN ${REF} SITI`), { reference: REF, counterpartyName: null }],
    ['a masked account', row(`TRF/${REF}/012****789/X S/D Y`), { counterpartyAccount: '012****789' }],
    ['a name with a slash', row(`TRF/${REF}/012345/X S/D Y`), { counterpartyName: 'X S/D Y' }],
    ['blanks inside are not glued', row('TRF P0000000 0000000A'), { reference: null }],
    ['a date without time', row('x', '', '1', '15/09/20'), { bookingDate: '2020-09-15', amountIdr: 1n }],
    ['quotes inside', row('DARI ""X""'), { description: 'DARI "X"' }],
    ['no amount is .00', row('x', '.00', '1,234.00'), { direction: 'credit', amountIdr: 1_234n }],
  ])('%s', async (_, text, expected) => {
    expect((await read(text))[1]).toMatchObject(expected);
  });

  it.each<[string, string | null, string | null]>([
    ['TRF/PAY/TOP-UP ECHANNEL | 601 | BNI DIRECT | BILL PAYMENT (PLN) NO :860 / Inv/2025/04/01/1928', null, null],
    [`TRF/PAY/TOP-UP ECHANNEL | PEMINDAHAN KE 0123456789 | ${REF} S/D 31/12`, null, null],
    [`TRF/PAY/0123456789/${REF}`, null, null],
    [`TRF/PAY ${REF}/0123456789/SITI`, null, null],
    [`TRF/${REF}/31/12`, null, null],
    [`TRF/${REF}//SITI`, null, 'SITI'],
    [`TRF/${REF}/ 0123456789/SITI`, '0123456789', 'SITI'],
    [`TRF/${REF}/BCA 0123456789/SITI`, 'BCA 0123456789', 'SITI'],
  ])('%s is to account %s of %s', async (text, counterpartyAccount, counterpartyName) =>
    expect((await read(row(text)))[1]).toMatchObject({ counterpartyAccount, counterpartyName }),
  );

  it.each<[string, string, string]>([
    ['sen', row('x', '', '0.50'), 'sen'],
    ['both columns', row('x', '1.00', '1.00'), 'exactly one'],
    ['neither column', row('x', '', ''), 'exactly one'],
    ['half grouping', row('x', '', '12,34.00'), 'exactly one'],
    ['a negative amount', row('x', '', '-5.00'), 'exactly one'],
    ['an impossible date', row('x', '', '1', '31/02/20 00.00.00'), 'date cannot be read'],
    ['an impossible time', row('x', '', '1', '01/02/20 24.00.00'), 'date cannot be read'],
    ['an American date', row('x', '', '1', '09/15/20 10.00.00'), 'date cannot be read'],
    ['two references', row(`${REF} P00000000000000B`), 'several'],
    ['six columns', `${AT},${AT},0988,1,x,1.00`, 'does not have 7 columns'],
  ])('%s makes it unreadable', async (_, text, why) => {
    const event = (await read(PAID, text))[2];
    expect(event).toMatchObject({ kind: 'unreadable', lineNumber: 3, why: expect.stringContaining(why) });
  });

  it('is named by the line of the file it begins on', async () => {
    const numbers = (await read(row('two\r\nlines'), PAID, '', PAID)).map(
      (event) => 'lineNumber' in event && event.lineNumber,
    );
    expect(numbers).toEqual([false, 2, 4, 6, false]);
  });
});

describe('as people export it', () => {
  const one = `${REF} SITI`;
  const readText = (text: string | Uint8Array) => readAll(readBniCsv, pieces(text));

  it.each<[string, string, object]>([
    ['a comma behind each line', `${HEADER},\n${AT},${AT},0259,1,${one},"600,000.00",.00,\n`, {}],
    [
      'everything in quotes',
      `${HEADER.replace(/[^,]+/g, '"$&"')}\n"${AT}","${AT}","0259","1","${one}","600,000.00",".00"\n`,
      {},
    ],
    ['semicolons', `${HEADER}\n${AT},${AT},0259,1,${one},600000.00,.00\n`.replaceAll(',', ';'), {}],
    ['Indonesian numbers', `${HEADER}\n${AT},${AT},0259,1,${one},"600.000,00","0,00"\n`, {}],
    ['a balance', `${HEADER},Balance\n${AT},${AT},0259,1,${one},"600,000.00",.00,"400,000.00"\n`, {}],
    ['a year in full', `${HEADER}\n15/09/2020 10:00:00,15/09/2020,0259,1,${one},"600,000.00",.00\n`, {}],
    ['a time without seconds', `${HEADER}\n15/09/20 10.00,15/09/20,0259,1,${one},"600,000.00",.00\n`, {}],
    ['the month by name', `${HEADER}\n15 Sep 2020 10:00,15-Sep-20,0259,1,${one},"600,000.00",.00\n`, {}],
    [
      'lines before the table',
      `BNI Direct\nAccount No : 0000001234\nPeriod : 01/09/2020 - 30/09/2020\n\n${HEADER}\n${AT},${AT},0259,1,${one},"600,000.00",.00\n`,
      { account: '0000001234', from: '2020-09-01', to: '2020-09-30' },
    ],
    [
      'rows of a total',
      `${HEADER}\n${AT},${AT},0259,1,${one},"600,000.00",.00\n,,,,TOTAL,"600,000.00",.00\n`,
      { opening: null, closing: null },
    ],
  ])('%s', async (_, text, end) => {
    expect(detectFormat(new TextEncoder().encode(text))).toBe('bni-csv');
    const events = await readText(text);
    expect(events.slice(1, -1)).toMatchObject([
      { reference: REF, amountIdr: 600_000n, direction: 'debit', bookingDate: '2020-09-15', valueDate: '2020-09-15' },
    ]);
    expect(events.at(-1)).toMatchObject({ lines: 1, unreadable: 0, ...end });
  });

  it.each(['Saldo Awal/Saldo Akhir', 'saldo awal/saldo akhir', 'Opening Balance/Closing Balance'])(
    '%s are balances, never credits',
    async (names) => {
      const [opening = '', closing = ''] = names.split('/');
      const rows = [
        awal('1,000,000.00').replace('SALDO AWAL', opening),
        PAID,
        akhir('400,000.00').replace('SALDO AKHIR', closing),
      ];
      expect(await read(...rows)).toMatchObject([
        { opening: 1_000_000n },
        { direction: 'debit', amountIdr: 600_000n },
        { closing: 400_000n, lines: 1, unreadable: 0, balanced: true },
      ]);
    },
  );

  it('a balance that breaks, and a total that is another, are refused', async () => {
    const rows = (second: string) => [
      `${HEADER},Balance`,
      `${AT},${AT},0259,1,${one},"600,000.00",.00,"400,000.00"`,
      `${AT},${AT},0259,2,x,"100,000.00",.00,"${second}"`,
    ];
    await expect(readText(rows('300,001.00').join('\n'))).rejects.toThrow('line 3: its balance is 300001');
    expect((await readText(rows('300,000.00').join('\n'))).at(-1)).toMatchObject({ closing: 300_000n });
    const total = [HEADER, PAID, ',,,,TOTAL,"600,001.00",.00'].join('\n');
    await expect(readText(total)).rejects.toThrow('line 3: its totals are not those of the lines before it');
  });

  it('balances in a column of their own, overdrawn with DB', async () => {
    const rows = [
      `${HEADER},Balance`,
      `${AT},${AT},0259,,SALDO AWAL,.00,.00,"400,000.00"`,
      `${AT},${AT},0259,1,${one},"600,000.00",.00,"200,000.00 DB"`,
      `${AT},${AT},0259,,SALDO AKHIR,.00,.00,"200,000.00 DB"`,
    ];
    expect((await readText(rows.join('\n'))).at(-1)).toMatchObject({
      opening: 400_000n,
      closing: -200_000n,
      balanced: true,
    });
  });

  it('names in Windows-1252', async () => {
    const bytes = Buffer.from(`${HEADER}\n${AT},${AT},0259,1,${REF} ANDR\u00c9,"600,000.00",.00\n`, 'latin1');
    expect((await readText(bytes))[1]).toMatchObject({ description: `${REF} ANDR\u00c9` });
  });

  it('another currency is refused', async () => {
    const text = `${HEADER},Ccy\n${AT},${AT},0259,1,${one},"600,000.00",.00,USD\n`;
    await expect(readText(text)).rejects.toThrow('in USD, not in rupiah');
  });
  it('a bulk debit by its id', async () => {
    const text = (ids: string) => `${AT},${AT},0259,1,PAYROLL ${ids},"60,000,000.00",.00`;
    expect((await read(text('PRAKERJA-RUN-12')))[1]).toMatchObject({ bulkId: 'PRAKERJA-RUN-12', reference: null });
    expect((await read(text('PRAKERJA-RUN-12 PRAKERJA-RUN-13')))[1]).toMatchObject({
      why: 'it names several of our bulk ids',
    });
  });
});

describe('properties', () => {
  const grouped = (amount: bigint) => `${String(amount).replace(/\B(?=(\d{3})+$)/g, ',')}.00`;

  it('what a writer wrote is read back, in pieces of any size', async () => {
    const written = fc.record({
      amount: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      isDebit: fc.boolean(),
      text: fc.string({ maxLength: 30 }).map((text) => text.trim()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(written, { maxLength: 10 }), fc.integer({ min: 1, max: 200 }), async (all, size) => {
        const opening = 10n ** 14n;
        const closing = all.reduce((sum, { amount, isDebit }) => sum + (isDebit ? -amount : amount), opening);
        const rows = all.map(({ amount, isDebit, text }) => {
          const [debit, credit] = isDebit ? [grouped(amount), ''] : ['', grouped(amount)];
          return `${AT},${AT},0988,1,"${text.replaceAll('"', '""')}","${debit}","${credit}"`;
        });
        const file = [HEADER, awal(grouped(opening)), ...rows, akhir(grouped(closing))].join('\n');
        const events = await readAll(readBniCsv, pieces(file, size));
        const lines = events.filter((event): event is StatementLine => event.kind === 'line');
        expect(lines.map((line) => [line.amountIdr, line.direction === 'debit', line.description])).toEqual(
          all.map(({ amount, isDebit, text }) => [amount, isDebit, text]),
        );
        expect(events.at(-1)).toMatchObject({ closing, balanced: true });
      }),
      { numRuns: 60 },
    );
  });
  it('bytes of any kind, and statements with any byte changed, are read or refused, never a crash', async () => {
    const good = new TextEncoder().encode([HEADER, awal('1,000,000.00'), PAID, akhir('400,000.00')].join('\r\n'));
    const spoiled = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.with(at, byte));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 400 }), spoiled), async (bytes) => {
        const error = await readAll(readBniCsv, pieces(bytes)).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(PrakerjaError);
      }),
      { numRuns: 500 },
    );
  });
});
