import { describe, expect, it } from 'vitest';
import { readMt940 } from '../../../../workers/payout/statement/mt940.ts';
import { balance, document, entry, payment, pieces, REF, REF_B, read, readAll, statement } from './camt-writer.ts';

const CUT_OFF = /cut off; ask the bank for the whole statement/;

describe('an MT940 of several pages', () => {
  const page = (number: string, opening: string, line: string, closing: string) =>
    `:20:STMT\n:25:1230005551234\n:28C:${number}\n:${opening},\n:61:201231${line},NTRF\n:62${closing},\n-\n`;
  const first = page('7/1', '60F:C201230IDR1000000', 'D600000', 'M:C201231IDR400000');
  const second = page('7/2', '60M:C201231IDR400000', 'D100000', 'M:C201231IDR300000');
  const third = page('7/3', '60M:C201231IDR300000', 'C50000', 'F:C201231IDR350000');
  const mt940 = (...pages: string[]) => readAll(readMt940, pieces(pages.join('')));

  it.each<[string, string[]]>([
    ['with "-" between them', [first, second, third]],
    ['with nothing between them', [first, second, third].map((text) => text.replace('-\n', ''))],
    ['in envelopes', [first, second, third].map((text) => `{1:F01BMRIIDJAXXXX}{2:O940}{4:\n${text.trim()}}\n`)],
    ['that are not numbered', [first, second, third].map((text) => text.replace(/:28C:.*\n/, ''))],
    ['that are numbered as messages', [first, second, third].map((text) => text.replace(/7\/(\d)/, '$1'))],
  ])('%s is one statement', async (_, pages) => {
    expect(await mt940(...pages, first, second, third)).toMatchObject([
      { kind: 'statement', opening: 1_000_000n },
      { kind: 'line', lineNumber: 1 },
      { kind: 'line', lineNumber: 2 },
      { kind: 'line', lineNumber: 3 },
      { kind: 'end', opening: 1_000_000n, closing: 350_000n, from: '2020-12-31', lines: 3, balanced: true },
      { kind: 'statement', statementId: 'STMT 7/1' },
      { lineNumber: 1 },
      { lineNumber: 2 },
      { lineNumber: 3 },
      { kind: 'end', statementId: 'STMT 7/1', balanced: true },
    ]);
  });

  it.each<[string, string[]]>([
    ['its first page alone', [first]],
    ['its first pages', [first, second]],
    ['its last page', [third]],
    ['its first and its last page', [first, third]],
    ['a first page before another statement', [first, first, second, third]],
    ['a last page behind another statement', [first, second, third, third]],
    ['its pages in another order', [second, first, third]],
    ['pages without the one between them, which moves nothing', [first, second.replace('7/2', '7/3'), third]],
    ['pages of two statements', [first, second.replace('7/2', '8/2'), third]],
    ['pages of two accounts', [first, second.replace('1230005551234', '1230005551235'), third]],
    ['pages of two currencies', [first, second.replaceAll('IDR', 'USD'), third]],
  ])('of which a file holds %s is refused', async (_, pages) => {
    await expect(mt940(...pages)).rejects.toThrow(CUT_OFF);
  });

  it('of which one does not add up is refused', async () => {
    const [more, less] = [first.replace('D600000', 'D600001'), second.replace('D100000', 'D99999')];
    await expect(mt940(more, less, third)).rejects.toThrow('difference 1)');
  });

  it('cut off anywhere is refused, or all of it is there', async () => {
    const text = first + second + third;
    const whole = await mt940(text);
    for (let at = 0; at < text.length; at++) {
      const events = await mt940(text.slice(0, at)).catch(() => null);
      if (events !== null) expect(events).toEqual(whole);
    }
  });
});

describe('a camt.053 of several pages', () => {
  const page = (number: number, isLast: boolean, balances: string, ...entries: string[]) =>
    statement(
      [`<StmtPgntn><PgNb>${number}</PgNb><LastPgInd>${isLast}</LastPgInd></StmtPgntn>${balances}`, ...entries],
      null,
      null,
    );
  const returned = entry({ ...payment, direction: 'credit', amount: '50000' });
  const first = page(1, false, balance('OPBD', '1000000') + balance('ITBD', '400000'), entry(payment));
  const second = page(2, false, balance('ITBD', '400000') + balance('ITBD', '450000'), returned);
  const third = page(3, true, balance('ITBD', '450000') + balance('CLBD', '500000'), returned);
  const asOne = [
    { kind: 'statement', opening: 1_000_000n },
    { lineNumber: 1, direction: 'debit' },
    { lineNumber: 2 },
    { lineNumber: 3 },
    { kind: 'end', opening: 1_000_000n, closing: 500_000n, lines: 3, balanced: true },
  ];

  it('is one statement', async () => {
    expect(await read(document(first, second, third, first, second, third))).toMatchObject([...asOne, ...asOne]);
  });

  it.each<[string, (text: string) => string]>([
    [
      'the whole statement’s',
      (text) => text.replace(/<Bal>.*<\/Bal>/, balance('OPBD', '1000000') + balance('CLBD', '500000')),
    ],
    ['its own, by other names', (text) => text.replace(/ITBD(?=.*<Bal>)/, 'OPBD').replace('ITBD', 'CLBD')],
    ['none between them', (text) => text.replace(/<Bal>(?:(?!<\/Bal>).)*ITBD.*?<\/Bal>/g, '')],
  ])('is one statement when each page has balances that are %s', async (_, written) => {
    expect(await read(document(...[first, second, third].map(written)))).toMatchObject(asOne);
  });

  it('may be one page', async () => {
    const one = page(1, true, balance('OPBD', '600000') + balance('CLBD', '0'), entry(payment));
    expect((await read(document(one, one))).at(-1)).toMatchObject({ kind: 'end', balanced: true });
  });

  it.each<[string, string[]]>([
    ['its first page alone', [first]],
    ['its first pages', [first, second]],
    ['its last page', [third]],
    ['its first and its last page', [first, third]],
    ['a first page before another statement', [first, statement([], '5', '5')]],
    ['a last page behind another statement', [statement([], '5', '5'), third]],
    ['pages of two statements', [first, second.replace('S-1', 'S-2'), third]],
    ['pages of two accounts', [first, second.replace('0000000001', '0000000002'), third]],
    ['a page that does not say whether it is the last', [third.replace('>3<', '>1<').replace(/<LastPgInd>.*?>/, '')]],
  ])('of which a file holds %s is refused', async (_, pages) => {
    await expect(read(document(...pages))).rejects.toThrow(CUT_OFF);
  });

  it.each<[string, string[]]>([
    ['closing', [first.replace('>400000<', '>400001<'), second, third]],
    ['opening', [first, second.replace('>400000<', '>400001<'), third]],
  ])('of which one has another %s is refused', async (_, pages) => {
    await expect(read(document(...pages))).rejects.toThrow('difference 1)');
  });

  it('whose page has no number is refused', async () => {
    await expect(read(document(first.replace('<PgNb>1<', '<PgNb>x<')))).rejects.toThrow('page number');
  });

  it('of which the last closes with an interim balance is for a person', async () => {
    const events = await read(document(first.replace('>false<', '>true<')));
    expect(events.slice(-2)).toMatchObject([{ kind: 'unreadable' }, { kind: 'end', unreadable: 1 }]);
  });
});

describe('an interim balance without a page', () => {
  it.each<[string, string]>([
    ['instead of the closing', balance('OPBD', '1000000') + balance('ITBD', '400000')],
    ['instead of the opening', balance('ITBD', '1000000') + balance('CLBD', '400000')],
    ['alone', balance('ITBD', '400000')],
  ])('%s may be of a page or of an unfinished day: a person reads that', async (_, balances) => {
    expect(await read(document(statement([balances, entry(payment)], null, null)))).toMatchObject([
      { kind: 'statement' },
      { kind: 'line', reference: REF },
      { kind: 'unreadable', lineNumber: 2, why: expect.stringContaining('interim') },
      { kind: 'end', lines: 1, unreadable: 1, balanced: false },
    ]);
  });

  it('beside opening and closing says nothing more', async () => {
    const other = entry({ ...payment, endToEndId: REF_B, text: 'x' });
    const text = statement([balance('ITBD', '700000'), entry(payment), other], '1200000', '0');
    expect((await read(document(text))).at(-1)).toMatchObject({ lines: 2, unreadable: 0, balanced: true });
  });
});
