import { describe, expect, it } from 'vitest';
import { document, entry, line, payment, read, statement } from './camt-writer.ts';

describe('what a statement declares', () => {
  const total = (name: string, count: string, sum: string) =>
    `<${name}>${count === '' ? '' : `<NbOfNtries>${count}</NbOfNtries>`}${sum === '' ? '' : `<Sum>${sum}</Sum>`}</${name}>`;
  const summed = (...totals: string[]) =>
    read(
      document(statement([`<TxsSummry>${totals.join('')}</TxsSummry>`, entry(payment), PENDING, RETURNED], null, null)),
    );
  const PENDING = entry({ ...payment, amount: '5', status: 'PDNG' });
  const RETURNED = entry({ ...payment, amount: '1.50', direction: 'credit' });

  it.each<[string, string[]]>([
    [
      'everything',
      [total('TtlNtries', '2', '600001.5'), total('TtlCdtNtries', '1', '1.50'), total('TtlDbtNtries', '1', '600000')],
    ],
    ['only the number', [total('TtlNtries', '2', '')]],
    ['nothing', []],
    ['what is announced, too', [total('TtlNtries', '3', '600006.5'), total('TtlDbtNtries', '2', '600005')]],
  ])('is checked: %s', async (_, totals) => {
    expect((await summed(...totals)).at(-1)).toMatchObject({ kind: 'end', notBooked: 1 });
  });

  it.each<[string, string, string]>([
    ['number', total('TtlNtries', '4', ''), 'declares 4 entries, but holds 2'],
    ['sum', total('TtlNtries', '', '600002.5'), 'declares entries of 600002.5, but holds 600001.5'],
    ['credits', total('TtlCdtNtries', '1', '1.51'), 'declares credits of 1.51'],
    ['debits', total('TtlDbtNtries', '3', ''), 'declares 3 debits, but holds 1'],
  ])('is refused when the %s is another', async (_, text, message) => {
    await expect(summed(text)).rejects.toThrow(message);
    await expect(summed(text)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('counts an entry whose amount cannot be read', async () => {
    const one = (count: string) =>
      statement(
        [`<TxsSummry>${total('TtlNtries', count, '5')}</TxsSummry>`, entry({ ...payment, amount: 'x' })],
        null,
        null,
      );
    expect((await read(document(one('1')))).at(-1)).toMatchObject({ unreadable: 1 });
    await expect(read(document(one('2')))).rejects.toThrow('declares 2 entries, but holds 1');
  });
});

describe('the period', () => {
  const of = async (from: string, to: string) => {
    const text = document(statement([], '5', '5')).replace(
      /<FrDtTm>.*<\/ToDtTm>/,
      `<FrDtTm>${from}</FrDtTm><ToDtTm>${to}</ToDtTm>`,
    );
    return (await read(text))[0];
  };

  it.each<[string, string, string, string, string]>([
    ['midnight is the end of the day before', '2020-09-15T00:00:00', '2020-09-16T00:00:00', '2020-09-15', '2020-09-15'],
    ['in WIB', '2020-09-15T00:00:00+07:00', '2020-09-16T00:00:00.000+07:00', '2020-09-15', '2020-09-15'],
    ['in UTC', '2020-09-14T17:00:00Z', '2020-09-15T17:00:00Z', '2020-09-15', '2020-09-15'],
    ['in UTC, to the second before', '2020-09-14T17:00:00Z', '2020-09-15T16:59:59Z', '2020-09-15', '2020-09-15'],
    [
      'half a minute after, in WIB',
      '2020-09-15T00:00:00+07:00',
      '2020-09-16T00:00:30+07:00',
      '2020-09-15',
      '2020-09-16',
    ],
    ['a second after', '2020-09-15T00:00:00', '2020-09-16T00:00:01', '2020-09-15', '2020-09-16'],
    ['over a month’s end', '2020-09-01T00:00:00', '2020-10-01T00:00:00', '2020-09-01', '2020-09-30'],
    ['one day without times', '2020-09-15T00:00:00', '2020-09-15T00:00:00', '2020-09-15', '2020-09-15'],
  ])('%s', async (_, from, to, first, last) => {
    expect(await of(from, to)).toMatchObject({ from: first, to: last });
  });

  it('that ends before it begins is refused', async () => {
    await expect(of('2020-09-16T00:00:00', '2020-09-15T00:00:00')).rejects.toThrow('before it begins');
    await expect(of('2020-09-16T00:00:00', '2020-09-15T00:00:00')).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('a message to a person', () => {
  it('holds no more of an id than 16 characters of its first line', async () => {
    const text = document(statement([entry(payment)], '5', '5', 'ABCDEFGHIJKLMNOP SITI AMINAH\n3273'));
    await expect(read(text)).rejects.toThrow('statement ABCDEFGHIJKLMNOP: opening');
  });

  it('names a currency only when it is one', async () => {
    expect(await line({ currency: 'siti aminah' })).toMatchObject({ why: 'its currency is another currency, not IDR' });
  });
});
