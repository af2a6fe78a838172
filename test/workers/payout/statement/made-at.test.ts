import { describe, expect, it } from 'vitest';
import { readMadeAt, readMt940MadeAt } from '../../../../workers/payout/statement/made-at.ts';
import { readMt940 } from '../../../../workers/payout/statement/mt940.ts';
import { document, entry, payment, pieces, read, readAll, statement } from './camt-writer.ts';

it.each([
  ['2020-09-16T06:00:00+07:00', '2020-09-15T23:00:00.000Z'],
  ['2020-09-15T23:00:00.123Z', '2020-09-15T23:00:00.123Z'],
  ['2020-09-16T06:00:00', '2020-09-15T23:00:00.000Z'],
  ['2020-09-15T23:58:59', '2020-09-15T16:58:59.000Z'],
  ['2020-09-15T23:59:00', '2020-09-15T17:00:00.000Z'],
  ['2020-09-15T16:59:59.999Z', '2020-09-15T17:00:00.000Z'],
  ['2020-09-15T00:00:01+07:00', '2020-09-14T17:00:01.000Z'],
  ['2020-09-15T00:00:00', null],
  ['2020-09-15T00:00:00.000+07:00', null],
  ['2020-09-15T00:00:00Z', null],
  ['2020-09-14T17:00:00Z', null],
  ['2020-09-15', null],
  ['2020-02-30T10:00:00', null],
  ['yesterday', null],
  [null, null],
])('%s was made at %s', (text, expected) => {
  expect(readMadeAt(text)?.toISOString() ?? null).toBe(expected);
});

it.each([
  ['2009160600+0700', '2020-09-15T23:00:00.000Z'],
  ['2009160600', '2020-09-15T23:00:00.000Z'],
  ['2009152359+0700', '2020-09-15T17:00:00.000Z'],
  ['2009150000+0700', null],
  ['200916', null],
])(':13D:%s was made at %s', (text, expected) => {
  expect(readMt940MadeAt(text)?.toISOString() ?? null).toBe(expected);
});

describe('a camt.053', () => {
  const made = async (message: string, own: string) => {
    const text = document(statement([entry(payment)], null, null).replace('<Stmt>', `<Stmt>${own}`));
    const header = `<GrpHdr><OrgnlBizQry><CreDtTm>2020-09-14T09:00:00</CreDtTm></OrgnlBizQry>${message}</GrpHdr>`;
    const events = await read(text.replace(/<GrpHdr>.*<\/GrpHdr>|(?=<Stmt>)/s, header));
    return events.map((event) => ('madeAt' in event ? event.madeAt?.toISOString() : 'line'));
  };
  const at = (time: string) => `<CreDtTm>${time}</CreDtTm>`;

  it.each([
    ['says itself when it was made', at('2020-09-16T07:00:00'), at('2020-09-16T06:00:00'), '2020-09-15T23:00:00.000Z'],
    ['or its message does', at('2020-09-16T07:00:00'), '', '2020-09-16T00:00:00.000Z'],
    ['also when it has a midnight', at('2020-09-16T07:00:00'), at('2020-09-16T00:00:00'), '2020-09-16T00:00:00.000Z'],
    ['or neither', '', '', undefined],
  ])('%s', async (_, message, own, expected) => {
    expect(await made(message, own)).toEqual([expected, 'line', expected]);
  });
});

it('an MT940 says when it was made before its opening; elsewhere that is text', async () => {
  const text =
    ':20:S\n:13D:2009160600+0700\n:25:1\n:60F:C200915IDR2,\n:61:200915D1,NTRF\n:86:a\n:13D:2009170600+0700\n:62F:C200915IDR1,\n-\n';
  const events = await readAll(readMt940, pieces(text));
  expect(events).toMatchObject([
    { kind: 'statement', madeAt: new Date('2020-09-16T06:00:00+07:00') },
    { kind: 'line', description: 'a\n:13D:2009170600+0700' },
    { kind: 'end', madeAt: new Date('2020-09-16T06:00:00+07:00') },
  ]);
});
