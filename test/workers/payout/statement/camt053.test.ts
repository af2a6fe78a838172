import { describe, expect, it } from 'vitest';
import { readCamt053 } from '../../../../workers/payout/statement/camt053.ts';
import {
  balance,
  document,
  entry,
  line,
  payment,
  pieces,
  REF,
  REF_B,
  read,
  readAll,
  readEntry,
  statement,
  type Written,
} from './camt-writer.ts';

describe('a statement', () => {
  it('is read in full', async () => {
    const text = document(statement([entry(payment)], '1000000', '400000.00'));
    const facts = {
      account: '0000000001',
      statementId: 'S-1',
      from: '2020-09-15',
      to: '2020-09-15',
      currency: 'IDR',
      opening: 1_000_000n,
      closing: 400_000n,
      openingText: '1000000',
      closingText: '400000',
      madeAt: null,
    };
    expect(await read(text)).toEqual([
      { kind: 'statement', ...facts },
      {
        kind: 'line',
        lineNumber: 1,
        bookingDate: '2020-09-15',
        valueDate: '2020-09-15',
        amountIdr: 600_000n,
        direction: 'debit',
        reference: REF,
        bulkId: null,
        counterpartyName: 'SITI AMINAH',
        counterpartyAccount: '0123456789',
        bankReference: 'BNIS000000000001',
        returnReason: null,
        description: `${REF} TRANSFER ${REF}`,
      },
      { kind: 'end', ...facts, lines: 1, unreadable: 0, notBooked: 0, balanced: true },
    ]);
  });

  it('may be one of several, each with its own balances and numbers', async () => {
    const day = (id: string, opening: string, closing: string) => statement([entry(payment)], opening, closing, id);
    const events = await read(document(day('A', '1800000', '1200000'), day('B', '1200000', '600000')));
    expect(events.map((event) => [event.kind, 'lineNumber' in event ? event.lineNumber : event.statementId])).toEqual([
      ['statement', 'A'],
      ['line', 1],
      ['end', 'A'],
      ['statement', 'B'],
      ['line', 1],
      ['end', 'B'],
    ]);
  });

  it.each<[string, string | null, string | null, object]>([
    ['overdrawn', '-100', '-600100', { opening: -100n, closing: -600_100n, balanced: true }],
    ['without an opening', null, '1', { opening: null, closing: 1n, balanced: false }],
    ['without balances', null, null, { opening: null, closing: null, openingText: null, balanced: false }],
    ['with sen', '600000.50', '0.5', { opening: null, openingText: '600000.5', closingText: '0.5', balanced: true }],
  ])('%s', async (_, opening, closing, end) => {
    const events = await read(document(statement([entry(payment)], opening, closing)));
    expect(events.at(-1)).toMatchObject(end);
  });

  it('without an entry ends as it begins', async () => {
    expect(await read(document(statement([], '5', '5')))).toMatchObject([
      { kind: 'statement', opening: 5n },
      { kind: 'end', lines: 0, balanced: true },
    ]);
  });

  it('takes PRCD for the opening when there is no OPBD, and OPBD when there is', async () => {
    const text = (balances: string) => document(statement([balances], null, '7'));
    expect((await read(text(balance('PRCD', '7')))).at(-1)).toMatchObject({ opening: 7n });
    expect((await read(text(balance('PRCD', '3') + balance('OPBD', '7')))).at(-1)).toMatchObject({ opening: 7n });
  });

  it('is not added up when an amount cannot be read, nor refused', async () => {
    const events = await read(document(statement([entry({ ...payment, amount: 'x' })], '5', '1')));
    expect(events.at(-1)).toMatchObject({ kind: 'end', unreadable: 1, balanced: false });
  });

  it('is added up over lines that are unreadable for another reason', async () => {
    const sen = entry({ ...payment, amount: '0.75' });
    expect((await read(document(statement([sen], '1', '0.25')))).at(-1)).toMatchObject({
      unreadable: 1,
      balanced: true,
    });
    await expect(read(document(statement([sen], '1', '0')))).rejects.toThrow('difference -0.25');
  });

  it.each([
    ['PDNG', 1],
    ['INFO', 0],
    ['FUTR', 0],
  ])('leaves out what is not booked, and counts what is under way: %s', async (status, notBooked) => {
    const events = await read(document(statement([entry({ ...payment, status })], '5', '5')));
    expect(events.at(-1)).toMatchObject({ lines: 0, notBooked, balanced: true });
  });
});

describe('a statement is refused whole', () => {
  it.each<[string, string, string]>([
    ['that does not add up', document(statement([entry(payment)], '1000000', '400001')), 'difference 1)'],
    ['whose balance cannot be read', document(statement([balance('OPBD', '1,0')], null, null)), 'OPBD balance'],
    ['with two openings', document(statement([balance('OPBD', '1'), balance('OPBD', '2')], null, null)), 'two OPBD'],
    ['with a DOCTYPE', document().replace('<Document', '<!DOCTYPE x [<!ENTITY a "b">]><Document'), 'DOCTYPE'],
    ['with an unknown entity', document(statement(['<A>&boom;</A>'], null, null)), 'unknown entity'],
    ['with tags that do not match', document(statement(['<A><B></A></B>'], null, null)), 'closes what is not open'],
    ['that is broken off', document(statement([entry(payment)], null, null)).slice(0, -40), 'broken off'],
    ['that says it is in an encoding of DOS', document().replace('UTF-8', 'IBM850'), 'IBM850'],
    ['that says it is in UTF-16', document().replace('UTF-8', 'UTF-16'), 'UTF-16'],
    ['that is no statement', '<Document><BkToCstmrAcctRpt/></Document>', 'camt.052'],
    ['without a statement', document(), 'no camt.053 statement'],
    ['that is empty', '', 'broken off'],
    ['that is no XML', 'Post Date,Value Date', 'broken off'],
    ['nested too deep', '<a>'.repeat(100), 'nested'],
  ])('%s', async (_, text, message) => {
    const reading = read(text);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ exitCode: 2 });
  });

  it('that is not UTF-8', async () => {
    const bytes = new TextEncoder().encode(document(statement([entry(payment)], null, null)));
    bytes[bytes.length - 60] = 0xff;
    await expect(readAll(readCamt053, pieces(bytes))).rejects.toThrow('not UTF-8');
  });

  it('that says it is in Windows-1252 and is not', async () => {
    const text = document(statement([entry({ ...payment, name: '\u0081' })], null, null));
    const bytes = Buffer.from(text.replace('UTF-8', 'windows-1252').replace('&#129;', '\u0081'), 'latin1');
    await expect(readAll(readCamt053, pieces(bytes))).rejects.toThrow('neither UTF-8 nor Windows-1252');
  });

  it('with a text that never ends', async () => {
    await expect(read(`<Document>${'x'.repeat(3 << 20)}`)).rejects.toThrow('longer than 1 MiB');
  });
});

describe('the encoding that a document names', () => {
  const text = document(statement([entry({ ...payment, name: 'ANDRE' })], '600000', '0')).replace(
    'ANDRE',
    'ANDR\u00c9',
  );
  const readBytes = (bytes: Uint8Array, size?: number) => readAll(readCamt053, pieces(bytes, size));
  const andre = [{ kind: 'line', counterpartyName: 'ANDR\u00c9', reference: REF }, { balanced: true }];

  it.each(['ISO-8859-1', 'iso-8859-1', 'latin1', 'windows-1252', 'Windows-1252', 'cp1252'])('%s', async (encoding) => {
    const bytes = Buffer.from(text.replace('UTF-8', encoding), 'latin1');
    for (const size of [1, 30, 1 << 16]) expect((await readBytes(bytes, size)).slice(1)).toMatchObject(andre);
  });

  it('is UTF-8 where it names none, or where a byte order mark says so', async () => {
    const none = text.replace(' encoding="UTF-8"', '');
    expect((await readBytes(Buffer.from(none))).slice(1)).toMatchObject(andre);
    const marked = Buffer.from(`\ufeff${text.replace('UTF-8', 'ISO-8859-1')}`);
    expect((await readBytes(marked, 1)).slice(1)).toMatchObject(andre);
    await expect(readBytes(Buffer.from(none, 'latin1'))).rejects.toThrow('not UTF-8');
  });
});

describe('a line', () => {
  it.each<[string, Partial<Written>, object]>([
    [
      'a return',
      { direction: 'credit', reason: 'AC04' },
      { direction: 'credit', returnReason: 'AC04', reference: REF },
    ],
    ['a return names the payee', { direction: 'credit', reason: 'AC04' }, { counterpartyName: 'SITI AMINAH' }],
    ['a reference in the text only', { endToEndId: 'NOTPROVIDED' }, { reference: REF }],
    ['a reference glued from two lines is none', { endToEndId: 'X', text: 'P0000000 0000000A' }, { reference: null }],
    ['part of a longer word is none', { endToEndId: 'X', text: `${REF}7` }, { reference: null }],
    ['somebody else’s reference', { endToEndId: 'INV-7', text: 'x' }, { reference: null, description: 'INV-7 x' }],
    ['entities', { name: 'A & B <"\'É>' }, { counterpartyName: 'A & B <"\'É>' }],
    ['no decimals', { amount: '600000' }, { amountIdr: 600_000n }],
    ['five decimals', { amount: '600000.00000' }, { amountIdr: 600_000n }],
    ['beyond 2^53', { amount: '9007199254740993.00' }, { amountIdr: 9_007_199_254_740_993n }],
    ['no status', { status: '' }, { kind: 'line' }],
  ])('%s', async (_, written, expected) => {
    expect(await line(written)).toMatchObject(expected);
  });

  it.each<[string, Partial<Written>, string]>([
    ['sen', { amount: '600000.01' }, 'sen'],
    ['another currency', { currency: 'USD' }, 'USD'],
    ['a comma', { amount: '600,000.00' }, 'amount'],
    ['a sign', { amount: '-600000' }, 'amount'],
    ['two references', { text: `ganti ${REF_B}` }, 'several'],
    ['no booking date', { booked: '' }, 'booking date'],
    ['an impossible date', { booked: '2020-02-30' }, 'booking date'],
    ['an unheard-of status', { status: 'MAYBE' }, 'status'],
    ['a transaction of another amount', { details: '<TxDtls><Amt Ccy="IDR">5.00</Amt></TxDtls>' }, 'charges'],
    ['a transaction the other way', { details: '<TxDtls><CdtDbtInd>CRDT</CdtDbtInd></TxDtls>' }, 'direction'],
  ])('%s makes it unreadable', async (_, written, why) => {
    expect(await line(written)).toMatchObject({ kind: 'unreadable', lineNumber: 1, why: expect.stringContaining(why) });
  });

  it.each([
    ['2020-09-15T23:59:59+07:00', '2020-09-15'],
    ['2020-09-15T18:00:00Z', '2020-09-16'],
    ['2020-09-15T18:00:00.123+00:00', '2020-09-16'],
    ['2020-09-15T23:00:00', '2020-09-15'],
    ['2020-09-16T00:30:00+09:00', '2020-09-15'],
  ])('booked %s is of %s in WIB', async (time, date) => {
    const text = entry(payment).replace(/<BookgDt>.*?<\/BookgDt>/, `<BookgDt><DtTm>${time}</DtTm></BookgDt>`);
    expect((await readEntry(text))[0]).toMatchObject({ bookingDate: date });
  });

  it('without a booking date is of its value date', async () => {
    const text = entry(payment)
      .replace(/<BookgDt>.*?<\/BookgDt>/, '')
      .replace('2020-09-15', '2020-09-14');
    expect(await readEntry(text)).toMatchObject([{ bookingDate: '2020-09-14', valueDate: '2020-09-14' }]);
    const neither = text.replace(/<ValDt>.*?<\/ValDt>/, '');
    expect(await readEntry(neither)).toMatchObject([{ why: 'its booking date is missing or cannot be read' }]);
  });

  it('of a later version: Sts/Cd, Pty/Nm, a prefix, CDATA, comments with entries inside', async () => {
    const later = document(statement([entry(payment)], '600000', '0'))
      .replace('<Sts>BOOK</Sts>', '<Sts><Cd>BOOK</Cd></Sts>')
      .replace(/<Cdtr>(.*?)<\/Cdtr>/, '<!-- <Ntry> > --><Cdtr><Pty><Nm><![CDATA[SITI & <3]]></Nm></Pty></Cdtr>')
      .replace(/<(\/?)([A-Z])/g, '<$1ns2:$2')
      .replace('xmlns=', 'xmlns:ns2=')
      .replace('camt.053.001.02', 'camt.053.001.13');
    expect((await read(later)).slice(1)).toMatchObject([
      { kind: 'line', counterpartyName: 'SITI & <3', reference: REF },
      { kind: 'end', balanced: true },
    ]);
  });
});
