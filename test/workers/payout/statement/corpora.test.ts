import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exactText } from '../../../../workers/payout/statement/amount.ts';
import { readCamt053, readCamtEvents } from '../../../../workers/payout/statement/camt053.ts';
import type { ByteStream } from '../../../../workers/payout/statement/index.ts';
import { document, entry, pieces, readAll, statement } from './camt-writer.ts';

/** Other people's statements are read where they lie, beside the project; without them our own vector still counts. */
const CORPUS = fileURLToPath(new URL('../../../../../shared/corpora/statements/', import.meta.url));

/** Account, opening, closing, entries, transactions, end-to-end ids, first and last of them, return reasons. */
type Facts = readonly [string, string | null, string, number, number, number, ...string[]];
/** `unreadable`, or why it is refused. */
type Reads = string;

const GOLDMAN_UK: readonly Facts[] = [
  ['60000635', '68206.51', '68206.51', 0, 0, 0],
  ['GB36GSLD04296250000970', '334425218.07', '334425126.42', 6, 6, 4, '00384068', 'GSEOOM9QJYXKHLO'],
];

/** Counted with Python's ElementTree. Goldman Sachs's British samples do not add up (by 108.35), so they are refused; the American one declares 14 entries and has 15, and its balances meet. */
const FILES: readonly (readonly [string, Reads, readonly Facts[]])[] = [
  [
    'iso20022/abn_amro/example_camt.xml',
    'unreadable',
    [
      [
        'NL77ABNA0574908765',
        '1000.01',
        '100.01',
        13,
        26,
        11,
        '01-04-2013 21:01 0050001248302363',
        '1234567X908303804',
        'MS03,MS03',
      ],
    ],
  ],
  [
    'iso20022/ing/example_camt.xml',
    'unreadable',
    [['NL08INGB0000001234', '1000', '1605', 9, 7, 4, '20140103E2EIdA1INGBankNV', '5000300060007000', 'AC04,MD06']],
  ],
  [
    'iso20022/nordea/example_camt.xml',
    'unreadable',
    [['FI8529501800030574', '200.5', '8800.5', 6, 6, 2, '20190501-E00005', '20190508-E123456']],
  ],
  [
    'iso20022/goldman_sachs/camt_053_us_v2_sample.xml',
    'unreadable',
    [['DD01100056869', '-843686.2', '-846665.15', 15, 15, 11, 'GSGWGDNCTAHQM8', '20230928LTERMID2000002', 'R02']],
  ],
  ['iso20022/goldman_sachs/camt_053_uk_v2_1.xml', 'difference 108.35', GOLDMAN_UK],
  ['iso20022/goldman_sachs/camt_053_uk_v2_2.xml', 'difference 108.35', GOLDMAN_UK],
  ['iso20022/goldman_sachs/camt_053_uk_v2_virtual_accounts.xml', 'difference 108.35', GOLDMAN_UK],
  [
    'statement_ac04.xml',
    'unreadable',
    [['GB29NWBK60161331926819', null, '10000', 3, 2, 2, 'E2E-0001', 'E2E-0002', 'AC04,AC06']],
  ],
];

async function factsOf(stream: ByteStream): Promise<Facts[]> {
  const all: Facts[] = [];
  let entries = 0;
  let transactions = 0;
  let ids: string[] = [];
  let reasons: string[] = [];
  for await (const events of readCamtEvents(stream)) {
    for (const event of events) {
      if (event.kind === 'entry') {
        entries++;
        transactions += event.entry.details.length;
        ids.push(...event.entry.details.flatMap((detail) => detail.endToEndId ?? []));
        reasons.push(...event.entry.details.flatMap((detail) => detail.returnReason ?? []));
      } else if (event.kind === 'end') {
        const { account, opening, closing } = event.head;
        const balances = [opening === null ? null : exactText(opening), exactText(closing ?? 0n)] as const;
        const named = ids.length === 0 ? [] : [ids[0] ?? '', ids.at(-1) ?? ''];
        const returned = reasons.length === 0 ? [] : [reasons.join(',')];
        all.push([account ?? '', ...balances, entries, transactions, ids.length, ...named, ...returned]);
        [entries, transactions, ids, reasons] = [0, 0, [], []];
      }
    }
  }
  return all;
}

describe.each(FILES)('%s', (file, reads, facts) => {
  const path = join(CORPUS, file);
  const isPresent = existsSync(path);
  const own = document(
    statement([entry({ amount: '1.00', direction: 'debit', currency: 'EUR', endToEndId: 'E-1' })], '3', '2'),
  );
  const open = (): ByteStream => (isPresent ? createReadStream(path) : pieces(own));

  it('has its structure read', async () => {
    expect(await factsOf(open())).toEqual(isPresent ? facts : [['0000000001', '3', '2', 1, 1, 1, 'E-1', 'E-1']]);
  });

  it(`is ${isPresent ? reads : 'unreadable'}, and in no rupiah`, async () => {
    const reading = readAll(readCamt053, open());
    if (isPresent && reads !== 'unreadable') return expect(reading).rejects.toThrow(reads);
    const lines = (await reading).filter((event) => event.kind === 'line' || event.kind === 'unreadable');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(line).toMatchObject({ kind: 'unreadable', why: expect.stringContaining('not IDR') });
  });
});
