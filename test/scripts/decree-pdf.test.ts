import PDFDocument from 'pdfkit';
import { describe, expect, it } from 'vitest';
import { decreePdf } from '../../scripts/decree-pdf.ts';
import { decreePage, pageTexts, pdfTexts } from '../../workers/assignment/rules.ts';

const AT = new Date('2020-09-15T05:00:00Z');
/** A number as long as it may be, and participants in so many provinces. */
function page(provinces: number) {
  const participants = new Map(Array.from({ length: provinces }, (_, i) => [String(i).padStart(2, '0'), 987_654]));
  return decreePage(
    {
      ...{
        annex_sha256: 'a'.repeat(64),
        batch: 4,
        commitment_sha256: 'c'.repeat(64),
        confirmed: 5,
        decree: 'W'.repeat(100),
      },
      ...{ decree_csv_sha256: 'd'.repeat(64), free: 0, participants: 5, promoted: 0, removed: 0, seed: '5'.repeat(64) },
      ...{ selected: 5, set_at: AT.toISOString(), set_by: 'Ayu (é) \\' },
    },
    participants,
  );
}

/** Where each text begins, in points from the page's lower left corner, and the size of its type. */
function placesOf(pdf: Buffer) {
  const shown = pdf.toString('latin1').matchAll(/1 0 0 1 ([\d.]+) ([\d.]+) Tm\n\/F\d+ ([\d.]+) Tf/g);
  return Array.from(shown, ([, x, y, size]) => ({ x: Number(x), y: Number(y), size: Number(size) }));
}

describe('decree.pdf', () => {
  it.each([0, 1, 34, 100])('shows every text once, in order, inside one page A4: %i provinces', async (provinces) => {
    const pdf = await decreePdf(page(provinces), AT);
    expect(pdfTexts(pdf)).toEqual(pageTexts(page(provinces)));
    expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)).toHaveLength(1);
    const places = placesOf(pdf);
    expect(places).toHaveLength(pageTexts(page(provinces)).length);
    expect(Math.min(...places.map(({ y }) => y))).toBeGreaterThan(40);
    for (const x of new Set(places.map((place) => place.x))) {
      const down = places.filter((place) => place.x === x).map(({ y }) => y);
      for (const [i, y] of down.slice(1).entries()) expect((down[i] as number) - y).toBeGreaterThan(7);
    }
  });

  it('prints a number of a hundred letters smaller, and a short one as large as it should be', async () => {
    const measure = new PDFDocument().font('Helvetica-Bold');
    for (const [number, size] of [
      ['W'.repeat(100), 5],
      ['SK-1', 15],
    ] as const) {
      const place = placesOf(await decreePdf({ ...page(1), number }, AT))[2];
      expect(Math.round(place?.size ?? 0)).toBe(size);
      expect(measure.fontSize(place?.size ?? 0).widthOfString(number)).toBeLessThan(516);
    }
  });

  it('is uncompressed, in standard fonts, and the same bytes for the same decree', async () => {
    const pdf = await decreePdf(page(34), AT);
    expect(pdf.equals(await decreePdf(page(34), AT))).toBe(true);
    expect(pdf.equals(await decreePdf(page(33), AT))).toBe(false);
    const text = pdf.toString('latin1');
    expect(text).toContain('D:20200915050000Z');
    expect(text).not.toContain('FlateDecode');
    const fonts = [...text.matchAll(/\/BaseFont \/(\S+)/g)].map(([, font]) => font).toSorted();
    expect(fonts).toEqual(['Courier', 'Helvetica', 'Helvetica-Bold', 'Helvetica-Oblique']);
  });
});
