import type { DecreeDocument } from './annex.ts';

/** What stands on decree.pdf, part by part; every text is printed once, on one line. */
export interface DecreePage {
  readonly title: Bilingual;
  /** The decree's number. */
  readonly number: string;
  readonly facts: readonly Bilingual[];
  readonly provinces: Bilingual;
  /** `11: 1.234`, by code. */
  readonly perProvince: readonly string[];
  readonly hashes: readonly { readonly label: Bilingual; readonly sha256: string }[];
  readonly people: readonly Bilingual[];
}

/** Indonesian is what counts; English stands below it in smaller type. */
export interface Bilingual {
  readonly id: string;
  readonly en: string;
}

const WIB_OFFSET_MS = 7 * 3600 * 1000;

/** Groups of three, by hand: what Intl makes of a language is not the same in every browser. */
function grouped(count: number, separator: string): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, separator);
}

/** Latin-1 is what a page's standard fonts can print. */
export function isPrintable(text: string): boolean {
  return /^[\x20-\x7e\xa1-\xac\xae-\xff]*$/.test(text);
}

function printable(text: string): string {
  return Array.from(text, (letter) => (isPrintable(letter) ? letter : '?')).join('');
}

/** @param participants of each province that has any, by its code */
export function decreePage(document: DecreeDocument, participants: ReadonlyMap<string, number>): DecreePage {
  const at = new Date(Date.parse(document.set_at) + WIB_OFFSET_MS).toISOString();
  const count = (id: string, en: string, people: number): Bilingual => ({
    id: `${id}: ${grouped(people, '.')}`,
    en: `${en}: ${grouped(people, ',')}`,
  });
  return {
    title: { id: 'Keputusan penetapan peserta Kartu Prakerja', en: 'Decree on the participants of Kartu Prakerja' },
    number: printable(document.decree),
    facts: [
      { id: `Gelombang: ${document.batch}`, en: `Batch: ${document.batch}` },
      {
        id: `Ditetapkan pada: ${at.slice(0, 10)} ${at.slice(11, 16)} WIB`,
        en: `Set on: ${at.slice(0, 10)} ${at.slice(11, 16)} WIB (UTC+7)`,
      },
      count('Terpilih dalam undian', 'Selected in the draw', document.selected),
      count('Di antaranya ditetapkan', 'Of these confirmed', document.confirmed),
      count('Dikeluarkan', 'Removed', document.removed),
      count('Naik dari daftar tunggu', 'Promoted from the waiting list', document.promoted),
      count('Jumlah peserta', 'Participants in all', document.participants),
      count('Tempat yang tetap kosong', 'Places that stay free', document.free),
    ],
    provinces: { id: 'Peserta per provinsi (kode: orang)', en: 'Participants by province (code: people)' },
    perProvince: [...participants]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, people]) => `${code}: ${grouped(people, '.')}`),
    hashes: [
      {
        label: { id: 'SHA-256 dari lampiran, annex.csv', en: 'SHA-256 of the annex, annex.csv' },
        sha256: document.annex_sha256,
      },
      {
        label: { id: 'SHA-256 dari janji undian, commitment.json', en: 'SHA-256 of the commitment, commitment.json' },
        sha256: document.commitment_sha256,
      },
    ],
    people: [
      { id: `Ditetapkan oleh: ${printable(document.set_by)}`, en: 'Set by' },
      { id: 'Disahkan oleh:', en: 'Confirmed by (another person)' },
    ],
  };
}

/** The texts of a page in the order in which they are printed. */
export function pageTexts(page: DecreePage): readonly string[] {
  const both = ({ id, en }: Bilingual) => [id, en];
  return [
    ...both(page.title),
    page.number,
    ...page.facts.flatMap(both),
    ...both(page.provinces),
    ...page.perProvince,
    ...page.hashes.flatMap(({ label, sha256 }) => [...both(label), sha256]),
    ...page.people.flatMap(both),
  ];
}

const SHOWN = /\[((?:<[0-9a-f]*>|[-. \d])*)\] TJ/g;

/** The texts that an uncompressed page of PDF shows in its standard fonts, in order: each is an array of hex strings. */
export function pdfTexts(pdf: Uint8Array): readonly string[] {
  const decoder = new TextDecoder('windows-1252');
  return Array.from(decoder.decode(pdf).matchAll(SHOWN), ([, pieces = '']) => {
    const hex = Array.from(pieces.matchAll(/<([0-9a-f]*)>/g), ([, digits]) => digits).join('');
    const bytes = Array.from(hex.matchAll(/../g), ([pair]) => Number.parseInt(pair, 16));
    return decoder.decode(Uint8Array.from(bytes));
  });
}
