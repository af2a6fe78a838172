import { describe, expect, it } from 'vitest';
import { readBcaCsv } from '../../../../workers/payout/statement/bca-csv.ts';
import { pieces, readAll } from './camt-writer.ts';

const REF = 'P00000000000000A';
const PREAMBLE = [
  '"Informasi Rekening - Mutasi Rekening"," "," "," "," ",',
  '',
  '"No. rekening : 0353520838"',
  '"Nama : PT "CONTOH", TBK"',
  '"Periode : 30/12/2020 - 04/01/2021"',
  '"Kode Mata Uang : Rp"',
];
const HEADER = '"Tanggal Transaksi","Keterangan","Cabang","Jumlah","Saldo"';
const PAID = `"31/12","TRSF E-BANKING DB ${REF} SITI, AMINAH","0000","287,490.00 DB","712,510.00"`;
const PENDING = '"PEND","TRSF E-BANKING CR","0000","99.00 CR",""';
const RETURNED = `"02/01","RETUR ${REF} AC04","0000","87,490.50 CR","800,000.50"`;
const TOTALS = [
  '"Saldo Awal : 1,000,000.00"',
  '"Mutasi Debet : 287,490.00","1"',
  '"Mutasi Kredit : 87,490.50","1"',
  '"Saldo Akhir : 800,000.50"',
];
const FILE = [...PREAMBLE, HEADER, PAID, PENDING, RETURNED, ...TOTALS];

const read = (lines: readonly string[]) => readAll(readBcaCsv, pieces(`${lines.join('\r\n')}\r\n`));
const changed = (from: string, to: string) => read(FILE.map((line) => line.replace(from, to)));

it.each([
  ['BUNGA', true],
  [`RETUR ${REF}`, false],
])('an amount with sen, %s: none of ours is %s', async (text, notOurs) => {
  expect(await changed(`RETUR ${REF} AC04`, text)).toContainEqual(expect.objectContaining({ lineNumber: 10, notOurs }));
});

describe('a statement', () => {
  it('is read in full, over new year', async () => {
    const [start, ...events] = await read(FILE);
    const common = { account: '0353520838', statementId: null, from: '2020-12-30', to: '2021-01-04', currency: 'IDR' };
    expect(start).toMatchObject({ kind: 'statement', ...common, openingText: null });
    expect(events).toEqual([
      {
        kind: 'line',
        lineNumber: 8,
        bookingDate: '2020-12-31',
        valueDate: null,
        amountIdr: 287_490n,
        direction: 'debit',
        reference: REF,
        bulkId: null,
        counterpartyName: null,
        counterpartyAccount: null,
        bankReference: null,
        returnReason: null,
        description: `TRSF E-BANKING DB ${REF} SITI, AMINAH`,
      },
      expect.objectContaining({ kind: 'unreadable', lineNumber: 10, why: 'its amount has sen', notOurs: false }),
      {
        kind: 'end',
        ...common,
        opening: 1_000_000n,
        closing: null,
        openingText: '1000000',
        closingText: '800000.5',
        madeAt: null,
        lines: 1,
        unreadable: 1,
        notBooked: 1,
        balanced: true,
      },
    ]);
  });

  it.each<[string, string, string, string]>([
    ['whose closing is a sen off', 'Akhir : 800,000.50', 'Akhir : 800,000.51', 'closing'],
    ['whose opening is another', 'Awal : 1,000,000.00', 'Awal : 1,000,000.01', 'opening'],
    ['whose debits do not add up', 'Debet : 287,490.00', 'Debet : 287,491.00', 'declares debits of 287491'],
    ['that counts other lines', '"287,490.00","1"'.slice(1), '287,490.00","2"', 'in 2 lines'],
    [
      'whose running balance breaks',
      '712,510.00',
      '712,511.00',
      'line 10: its balance is 800000.5, but by the lines before it must be 800001.5',
    ],
    ['in another currency', 'Uang : Rp', 'Uang : USD', 'not in rupiah'],
    ['without its period', 'Periode', 'Perioda', 'does not say its period'],
    ['whose period is backwards', '30/12/2020', '30/12/2022', 'line 5: the period'],
    ['without its closing', '"Saldo Akhir : 800,000.50"', '', 'does not say its closing'],
    ['without its header', 'Jumlah', 'Angka', 'not a BCA statement'],
    ['with a column twice', 'Cabang', 'Jumlah', 'not a BCA statement'],
    ['that writes numbers in two ways', '99.00 CR', '99,00 CR', 'in two ways'],
    ['with a stray quote in a row', 'SITI, AMINAH', 'SITI "AMINAH', 'a quote where none may be'],
  ])('%s is refused whole', async (_, from, to, message) => {
    expect(FILE.join('\n')).toContain(from);
    await expect(changed(from, to)).rejects.toThrow(message);
    await expect(changed(from, to)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('of private customers is of another product, which is not read', async () => {
    const header = ["Account No.,=,'0000202020", "Currency,=,'IDR", 'Date,Description,Branch,Amount,,Balance'];
    const row = `'15/09,'TRSF ${REF},'0000,600000.00,DB,400000.00`;
    const sums = [
      "Starting Balance,=,'1000000.00",
      "Credit,=,'.00",
      "Debet,=,'600000.00",
      "Ending Balance,=,'400000.00",
    ];
    const why = 'does not say its period: it is not of KlikBCA Bisnis (Informasi Rekening, Mutasi Rekening)';
    await expect(read([...header, row, ...sums])).rejects.toThrow(why);
  });

  it('still has to fit its balances when the amount of a row cannot be read', async () => {
    const unread = FILE.map((line) => line.replace('287,490.00 DB', '?'));
    expect((await read(unread)).at(-1)).toMatchObject({ unreadable: 2, balanced: false });
    const first = [...FILE.slice(0, 7), '"30/12","x","0000","1.00 CR","999,999.00"', ...unread.slice(7)];
    await expect(read(first)).rejects.toThrow('its opening is 1000000, but by its lines it is 999998');
    const last = unread.map((line) => line.replace('Akhir : 800,000.50', 'Akhir : 800,000.51'));
    await expect(read(last)).rejects.toThrow('its closing is 800000.51, but by its lines it is 800000.5');
  });

  it('with a page break in it, and rows of nothing, is the same', async () => {
    const page = ['"Halaman 1 dari 2"', ...PREAMBLE, HEADER, ',,,,', '   '];
    const broken = [...FILE.slice(0, 8), ...page, ...FILE.slice(8)];
    expect((await read(broken)).at(-1)).toMatchObject({ lines: 1, unreadable: 1, notBooked: 1, balanced: true });
  });

  it('saved again by a spreadsheet, its footer filled up with empty cells, is the same', async () => {
    const padded = [...PREAMBLE.slice(1), HEADER, PAID, PENDING, RETURNED, ...TOTALS].map(
      (line) => `${line}${','.repeat(4 - Math.min(4, line.split('","').length - 1))}`,
    );
    expect((await read(padded)).at(-1)).toMatchObject({ lines: 1, notBooked: 1, opening: 1_000_000n, balanced: true });
  });

  it('counts its lines with a mark for thousands, too', async () => {
    for (const count of ['1,001', '1.001'])
      await expect(changed('"287,490.00","1"'.slice(1), `287,490.00","${count}"`)).rejects.toThrow('in 1001 lines');
    await expect(changed('"287,490.00","1"'.slice(1), '287,490.00","x"')).rejects.toThrow('the debits');
  });

  it('with the direction in a column without a name is the same', async () => {
    const split = FILE.map((line) => line.replace('"Jumlah",', '"Jumlah","",').replace(/ (DB|CR)",/, '","$1",'));
    expect(await read(split)).toEqual(await read(FILE));
  });

  it('is refused in UTF-16, with what to do', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(FILE.join('\n'), 'utf16le')]);
    for (const text of [bytes, bytes.subarray(2), Buffer.from(bytes).swap16()])
      await expect(readAll(readBcaCsv, pieces(text, 1))).rejects.toThrow('in UTF-16, save it as UTF-8');
  });

  it('with a byte order mark is the same', async () => {
    const [first = '', ...others] = FILE;
    expect(await read([`\ufeff${first}`, ...others])).toEqual(await read(FILE));
  });

  it('with names in Windows-1252 is read; bytes that are neither are refused', async () => {
    const bytes = (name: number[]) => {
      const [left = '', right = ''] = FILE.join('\n').split('SITI');
      return Buffer.concat([Buffer.from(left), Buffer.from(name), Buffer.from(right)]);
    };
    const readBytes = (name: number[], size?: number) => readAll(readBcaCsv, pieces(bytes(name), size));
    const named = (name: string) =>
      expect.objectContaining({ description: expect.stringContaining(`${name}, AMINAH`) });
    for (const size of [1, 2, 1 << 16]) {
      expect((await readBytes([0x52, 0xe9, 0x92], size))[1]).toEqual(named('Ré’'));
      expect((await readBytes([0x52, 0xc3, 0xa9], size))[1]).toEqual(named('Ré'));
    }
    await expect(readBytes([0x52, 0xc3, 0xa9, 0xe9])).rejects.toThrow('not UTF-8');
    await expect(readBytes([0xe9, 0x81])).rejects.toThrow('neither UTF-8 nor Windows-1252');
  });
});

describe('what is pending', () => {
  const sameDay = (rows: readonly string[], totals: readonly string[]) =>
    read([...PREAMBLE.with(4, '"Periode : 31/12/2020 - 31/12/2020"'), HEADER, ...rows, ...totals]);
  const booked = `"31/12","TRSF ${REF}","0000","600,000.00 DB","400,000.00"`;
  const pending = (balance: string, amount = '100,000.00 DB') =>
    `"PEND","TRSF P00000000000000B","0000","${amount}","${balance}"`;
  const sums = (debits: string, closing: string, credits = '0.00","0') => [
    '"Saldo Awal : 1,000,000.00"',
    `"Mutasi Debet : ${debits}"`,
    `"Mutasi Kredit : ${credits}"`,
    `"Saldo Akhir : ${closing}"`,
  ];
  const [counted, uncounted] = [sums('700,000.00","2', '300,000.00'), sums('600,000.00","1', '400,000.00')];

  it.each<[string, string[], string[]]>([
    ['counted', [booked, pending('300,000.00')], counted],
    ['counted, newest first', [pending('300,000.00'), booked], counted],
    ['counted, before what was booked', [pending('900,000.00'), booked.replace('400', '300')], counted],
    ['counted, above what was booked', [pending(''), booked], counted],
    ['counted, without a balance', [booked, pending('')], counted],
    [
      'counted, beside a row that cannot be read',
      [booked.replace('600,000.00 DB', '?'), pending('300,000.00')],
      counted,
    ],
    ['in no total', [booked, pending('')], uncounted],
    ['in no total, with the balance before it', [booked, pending('400,000.00')], uncounted],
    ['in no total, with the balance that will be', [booked, pending('300,000.00')], uncounted],
    ['in no total, as is one that came in', [booked, pending('', '100,000.00 CR'), pending('')], uncounted],
    [
      'counted on both sides',
      [booked, pending('300,000.00'), pending('350,000.00', '50,000.00 CR')],
      sums('700,000.00","2', '350,000.00', '50,000.00","1'),
    ],
  ])('%s, is no line, and the closing is that of the lines', async (_, rows, totals) => {
    const events = await sameDay(rows, totals);
    const lines = rows.join().includes('?') ? [] : [{ kind: 'line', reference: REF, amountIdr: 600_000n }];
    expect(events.filter(({ kind }) => kind === 'line')).toMatchObject(lines);
    expect(events.at(-1)).toMatchObject({
      opening: 1_000_000n,
      closing: 400_000n,
      notBooked: rows.length - 1,
      balanced: lines.length > 0,
    });
  });

  it.each<[string, string[], string[], string]>([
    [
      'counted in the totals and not in the closing',
      [booked, pending('')],
      counted.with(3, '"Saldo Akhir : 400,000.00"'),
      'its closing is 400000, but by its lines it is 300000',
    ],
    [
      'counted in half',
      [booked, pending('', '50,000.00 DB'), pending('', '50,000.00 DB')],
      sums('650,000.00","2', '350,000.00'),
      'its closing is 350000, but by its lines it is 400000',
    ],
    [
      'of which the amount cannot be read',
      [booked, pending('300,000.00', '?')],
      counted,
      'its closing is 300000, but by its lines it is 400000',
    ],
    [
      'whose balance breaks what follows',
      [pending('900,000.00'), booked.replace('400', '301')],
      counted,
      'its opening is 1000000, but by its lines it is 901000',
    ],
  ])('%s, is refused whole', async (_, rows, totals, message) => {
    await expect(sameDay(rows, totals)).rejects.toThrow(message);
  });
});

describe('a date', () => {
  const of = async (text: string) => (await changed('"31/12"', `"${text}"`))[1];
  it.each([
    ['31/12', '2020-12-31'],
    ['01/01', '2021-01-01'],
    ['31/12/2020', '2020-12-31'],
    ['31 Desember 2020', '2020-12-31'],
    ["'31/12", '2020-12-31'],
  ])('%s is %s', async (text, bookingDate) => {
    expect(await of(text)).toMatchObject({ kind: 'line', bookingDate });
  });

  it.each(['29/12', '05/01', '31/11', '31/12/2021', '12/31', ''])('%j makes it unreadable', async (text) => {
    expect(await of(text)).toMatchObject({ kind: 'unreadable', why: 'its date cannot be read' });
  });

  it('of a period in which it can be two days is not guessed', async () => {
    expect((await changed('04/01/2021', '04/01/2022'))[1]).toMatchObject({ why: 'its date cannot be read' });
  });
});

describe('a row', () => {
  it.each<[string, string, string, string]>([
    ['without a direction', '287,490.00 DB', '287,490.00', 'not exactly one'],
    ['of nothing', '287,490.00 DB', '0.00 DB', 'not exactly one'],
    ['below nothing', '287,490.00 DB', '-287,490.00 DB', 'not exactly one'],
    ['with two references', REF, `${REF} P00000000000000B`, 'several'],
    ['with a cell too few', '"0000","287,490.00 DB"', '"287,490.00 DB"', 'does not have 5 columns'],
    ['with a cell too many', '"0000"', '"0000","0000"', 'does not have 5 columns'],
  ])('%s is unreadable', async (_, from, to, why) => {
    expect((await changed(from, to))[1]).toMatchObject({
      kind: 'unreadable',
      lineNumber: 8,
      why: expect.stringContaining(why),
    });
  });

  it.each([
    ['directly behind an amount', `600000.00${REF}  SITI`],
    ['between underscores', `TRF_${REF}_SITI`],
    ['beside a word of 16 letters that begins with our name', `PRAKERJA20200915 ${REF}`],
  ])('names its reference %s', async (_, text) => {
    expect((await changed(REF, text))[1]).toMatchObject({ reference: REF });
  });

  it('names a bulk', async () => {
    expect((await changed(REF, 'PRAKERJA-RUN-12'))[1]).toMatchObject({ reference: null, bulkId: 'PRAKERJA-RUN-12' });
  });
});
