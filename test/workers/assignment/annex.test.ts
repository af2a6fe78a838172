import { describe, expect, it } from 'vitest';
import {
  annexLine,
  type DecreeDocument,
  type DecreeLine,
  DecreeTally,
  decreeDocumentText,
  decreePage,
  draw,
  isPrintable,
  pageTexts,
  parseDecreeDocument,
  pdfTexts,
  registrationIdOf,
} from '../../../workers/assignment/rules.ts';
import { poolOf } from './pools.ts';

const rule = { whitelist_share: '0', order: 'lottery', kk_cap: 0 } as const;

/** Five people for three places. */
function drawnFive() {
  const people = ['A', 'B', 'C', 'D', 'E'].map((registrationId) => ({
    ...{ registrationId, provinceCode: '32', track: 'public' as const, score: null, kkToken: null, kkPrior: null },
  }));
  const pool = poolOf(people, rule);
  const result = draw(pool, [{ provinceCode: '32', seats: 3 }], rule, new Uint8Array(32));
  return { pool, result, ranks: Array.from(result.entries, (index) => registrationIdOf(pool, index)) };
}

const line = (registrationId: string | undefined, decision: DecreeLine['decision']): DecreeLine => ({
  ...{ registrationId: registrationId ?? '', decision, reason: '', replaces: '' },
});

const document: DecreeDocument = {
  ...{
    annex_sha256: 'a'.repeat(64),
    batch: 4,
    commitment_sha256: 'c'.repeat(64),
    confirmed: 1200,
    decree: 'SK-4/2020',
  },
  ...{ decree_csv_sha256: 'd'.repeat(64), free: 1, participants: 1234, promoted: 34, removed: 40 },
  ...{ seed: '5'.repeat(64), selected: 1235, set_at: '2020-09-14T18:05:00.000Z', set_by: 'ayu' },
};

describe('annex.csv', () => {
  it('shows the first and the last four digits of a NIK: no date of birth, no district', () => {
    expect(annexLine(7, 'R1', '32', '3273011505900001')).toBe('7,R1,32,3273**********01\n');
    expect(() => annexLine(7, 'R1', '32', '327301150590001')).toThrow('R1: its NIK is not 16 digits');
  });
});

describe('the counts of a decree', () => {
  it('conserve people: selected are participants and free places', () => {
    const { pool, result, ranks } = drawnFive();
    const tally = new DecreeTally(pool, result);
    const [first, second, third, fourth, fifth] = ranks;
    for (const removed of [first, second, fourth]) tally.add(line(removed, 'removed'));
    for (const one of [line(fifth, 'promoted'), line(third, 'confirmed')]) tally.add(one);
    const people = { selected: 3, confirmed: 1, removed: 3, promoted: 1, participants: 2, free: 1 };
    expect(tally.counts()).toEqual(people);
  });

  it.each<[string, readonly [number, DecreeLine['decision']][]]>([
    [
      'one of the selected is lost',
      [
        [0, 'confirmed'],
        [1, 'removed'],
      ],
    ],
    [
      'a place is given twice',
      [
        [0, 'confirmed'],
        [1, 'confirmed'],
        [2, 'removed'],
        [3, 'promoted'],
        [4, 'promoted'],
      ],
    ],
    [
      'somebody on the waiting list is confirmed',
      [
        [0, 'confirmed'],
        [1, 'confirmed'],
        [2, 'confirmed'],
        [3, 'confirmed'],
      ],
    ],
  ])('%s: nothing is published', (_, lines) => {
    const { pool, result, ranks } = drawnFive();
    const tally = new DecreeTally(pool, result);
    for (const [rank, decision] of lines) tally.add(line(ranks[rank], decision));
    expect(() => tally.counts()).toThrow('the decree does not conserve: 3 selected');
  });
});

describe('decree.json', () => {
  it('is canonical, and read back as it was written', () => {
    const text = decreeDocumentText(document);
    expect(text.endsWith('}\n')).toBe(true);
    const keys = Object.keys(JSON.parse(text));
    expect(keys).toEqual(keys.toSorted());
    expect(parseDecreeDocument(text)).toEqual(document);
  });

  it.each<[string, (text: string) => string, string]>([
    ['no JSON', () => '{', 'is not a JSON object'],
    ['a list', () => '[]\n', 'is not a JSON object'],
    ['a blank', (text) => text.replace(':', ': '), 'fourteen keys as canonical JSON'],
    ['one key more', (text) => text.replace('{', '{"a":1,'), 'fourteen keys as canonical JSON'],
    ['no LF', (text) => text.trimEnd(), 'fourteen keys as canonical JSON'],
    ['a hash', (text) => text.replace('aaaa', 'AAAA'), 'annex_sha256 is missing or impossible'],
    ['a count', (text) => text.replace('"free":1', '"free":-1'), 'free is missing or impossible'],
    ['a time', (text) => text.replace('T18:05', 'T25:05'), 'set_at is missing or impossible'],
    ['no number', (text) => text.replace('SK-4/2020', ''), 'decree is missing or impossible'],
    [
      'lost participants',
      (text) => text.replace('"participants":1234', '"participants":1233'),
      'confirmed and promoted',
    ],
    ['a lost place', (text) => text.replace('"free":1', '"free":2'), 'participants and free places'],
  ])('with %s is a difference', (_, change, message) => {
    expect(() => parseDecreeDocument(change(decreeDocumentText(document)))).toThrow(message);
  });
});

describe('the page', () => {
  it('tells the counts in two languages, the date in WIB, both hashes whole and the provinces by code', () => {
    const texts = pageTexts(
      decreePage(
        document,
        new Map([
          ['94', 34],
          ['11', 1200],
        ]),
      ),
    );
    for (const text of [
      ...['SK-4/2020', 'Gelombang: 4', 'Batch: 4', 'Jumlah peserta: 1.234', 'Participants in all: 1,234'],
      ...['Ditetapkan pada: 2020-09-15 01:05 WIB', document.annex_sha256, document.commitment_sha256],
      ...['Ditetapkan oleh: ayu', 'Tempat yang tetap kosong: 1'],
    ])
      expect(texts).toContain(text);
    expect(texts.indexOf('94: 34')).toBe(texts.indexOf('11: 1.200') + 1);
  });

  it('prints Latin letters only: a number of others is not printable, a name shows a question mark', () => {
    expect(isPrintable('SK-4/2020 é')).toBe(true);
    for (const number of ['SK-四', 'SK\n4', 'SK–4', 'SK\u00ad4']) expect(isPrintable(number)).toBe(false);
    expect(pageTexts(decreePage({ ...document, set_by: 'Ayu 四' }, new Map()))).toContain('Ditetapkan oleh: Ayu ?');
  });

  it('is read back from hex strings between kerns, each array one text, and from nothing else', () => {
    const pdf = '[<4b> 40 <6570> -30.5 <e9> 0] TJ\n[<2d>] TJ [(x)] TJ <41> Tj [] TJ';
    expect(pdfTexts(new TextEncoder().encode(pdf))).toEqual(['Kepé', '-', '']);
  });
});
