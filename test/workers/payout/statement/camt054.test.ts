import { describe, expect, it } from 'vitest';
import { readCamt053, readCamt054 } from '../../../../workers/payout/statement/camt053.ts';
import { detectFormat } from '../../../../workers/payout/statement/index.ts';
import { document, entry, pieces, readAll, statement } from './camt-writer.ts';

const REF = 'P00000000000000A';
/** The same entries under the names of a notification, which has no balances. */
const notification = (...entries: string[]) =>
  document(statement(entries, null, null))
    .replaceAll('BkToCstmrStmt', 'BkToCstmrDbtCdtNtfctn')
    .replaceAll('Stmt>', 'Ntfctn>')
    .replace('camt.053', 'camt.054');

describe('a notification', () => {
  it('is read like a statement, without balances', async () => {
    const paid = entry({ amount: '600000.00', direction: 'debit', endToEndId: REF, account: '0123456789' });
    const pending = entry({ amount: '1.00', direction: 'debit', status: 'PDNG' });
    const returned = entry({ amount: '600000.00', direction: 'credit', endToEndId: REF, reason: 'AC04' });
    expect(await readAll(readCamt054, pieces(notification(paid, pending, returned), 50))).toMatchObject([
      { kind: 'statement', account: '0000000001', from: '2020-09-15', opening: null },
      { lineNumber: 1, direction: 'debit', reference: REF, amountIdr: 600_000n, counterpartyAccount: '0123456789' },
      { lineNumber: 2, direction: 'credit', returnReason: 'AC04' },
      { kind: 'end', lines: 2, notBooked: 1, balanced: false, closing: null },
    ]);
  });

  it.each<[string, string[], string, string | null, string | null]>([
    [
      'of what is announced',
      [entry({ amount: '1', direction: 'debit', status: 'PDNG' })],
      '',
      '2020-09-15',
      '2020-09-15',
    ],
    [
      'of what has sen',
      [
        entry({ amount: '12.34', direction: 'credit', booked: '2020-09-14' }),
        entry({ amount: '1', direction: 'debit' }),
      ],
      '<CreDtTm>2020-09-17T06:00:00Z</CreDtTm>',
      '2020-09-14',
      '2020-09-15',
    ],
    ['on which it was made', [], '<CreDtTm>2020-09-15T18:00:00Z</CreDtTm>', '2020-09-16', '2020-09-16'],
    ['on which it was made, at its end', [], '<CreDtTm>2020-09-15T23:59:59</CreDtTm>', '2020-09-15', '2020-09-15'],
    ['on which it was made, without a time', [], '<CreDtTm>2020-09-15T00:00:00</CreDtTm>', '2020-09-15', '2020-09-15'],
    ['of nothing', [], '', null, null],
  ])('without a period has the days %s', async (_, entries, made, from, to) => {
    const text = notification(...entries).replace(/<FrToDt>.*<\/FrToDt>/, '');
    for (const file of [text.replace('<Acct>', `${made}<Acct>`), text.replace('</GrpHdr>', `${made}</GrpHdr>`)])
      expect((await readAll(readCamt054, pieces(file))).at(-1)).toMatchObject({ from, to });
  });

  it('and a statement are not taken for each other', async () => {
    const both = [notification(), document(statement([], null, null))] as const;
    expect(both.map((text) => detectFormat(new TextEncoder().encode(text)))).toEqual(['camt054', 'camt053']);
    await expect(readAll(readCamt053, pieces(both[0]))).rejects.toThrow(
      'this is a camt.054 notification, not a camt.053',
    );
    await expect(readAll(readCamt054, pieces(both[1]))).rejects.toThrow('this is a camt.053 statement, not a camt.054');
    await expect(readAll(readCamt054, pieces('<Document/>'))).rejects.toThrow('holds no camt.054 notification');
  });

  it('is known by its namespace where its root element stands too far behind', () => {
    const head = '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08">';
    expect(detectFormat(new TextEncoder().encode(head))).toBe('camt054');
  });
});
