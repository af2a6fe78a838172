import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { exactText } from '../../../../workers/payout/statement/amount.ts';
import { readMoney, styled } from '../../../../workers/payout/statement/number-style.ts';

/** Reads a file whose rows are one number each. */
async function numbers(...cells: string[]): Promise<(string | undefined)[]> {
  const read: (string | undefined)[] = [];
  for await (const { event, style } of styled<string>(Readable.from(cells), (cell) => [cell])) {
    const money = readMoney(event, style);
    read.push(money && exactText(money.amount));
  }
  return read;
}

describe('the style of a file', () => {
  it.each<[string, string[], (string | undefined)[]]>([
    ['decimals behind a dot', ['600,000', '1.50'], ['600000', '1.5']],
    ['decimals behind a comma', ['600.000', '1,50'], ['600000', '1.5']],
    ['two groups', ['600.000', '1.200.000'], ['600000', '1200000']],
    ['digits alone need none', ['600000', '5'], ['600000', '5']],
    ['three decimals there are not', ['600.000', '1,200,000.00'], [undefined, '1200000']],
    ['what is no number says nothing', ['1.2.3', '12,34.5', 'x', ''], [undefined, undefined, undefined, undefined]],
    ['a currency', ['Rp 1.200.000', 'IDR 5', '-Rp1.200.000'], ['1200000', '5', '-1200000']],
    ['an apostrophe', ["'1,200.50", "'-1.00"], ['1200.5', '-1']],
    ['two minuses', ['-Rp-1.200.000'], [undefined]],
  ])('%s', async (_, cells, expected) => {
    expect(await numbers(...cells)).toEqual(expected);
  });

  it.each<[string, string[], string]>([
    ['only doubtful cells', ['600.000', '600'], 'six hundred or six hundred thousand'],
    ['both styles', ['1,200,000.00', '1.200.000,00'], 'in two ways'],
    ['both styles, doubt first', ['600.000', '1,50', '1.50'], 'in two ways'],
  ])('%s: refused', async (_, cells, message) => {
    await expect(numbers(...cells)).rejects.toThrow(message);
    await expect(numbers(...cells)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('is not waited for for ever', async () => {
    await expect(numbers(...Array<string>(50_001).fill('600.000'), '1,50')).rejects.toThrow('six hundred');
  });
});
