import PDFDocument from 'pdfkit';
import type { Bilingual, DecreePage } from '../workers/assignment/rules.ts';

/** In points, as everything here. A4 is 595 by 842. */
const MARGIN = 40;
const WIDTH = 595 - 2 * MARGIN;
const SMALL = 0.75;
/** The height of what stands above and below the provinces leaves room for so many lines of them. */
const PROVINCE_LINES = 25;
const PROVINCE_HEIGHT = 11;

/**
 * The decree on one page A4, uncompressed and in the standard fonts, so that what it says can be read with any tool.
 * The same page and time give the same bytes: PDFKit makes the file's id from the time too.
 * Each text is printed by one operator, in the order of `pageTexts`.
 * @param at its creation date
 */
export async function decreePdf(page: DecreePage, at: Date): Promise<Buffer> {
  const pdf = new PDFDocument({
    ...{ size: 'A4', margin: 0, compress: false, lang: 'id' },
    info: { Title: page.number, CreationDate: at },
  });
  const pieces: Buffer[] = [];
  const whole = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (piece: Buffer) => pieces.push(piece));
    pdf.on('end', () => resolve(Buffer.concat(pieces)));
    pdf.on('error', reject);
  });
  print(pdf, page);
  pdf.end();
  return whole;
}

function print(pdf: PDFKit.PDFDocument, page: DecreePage): void {
  let y = MARGIN;
  y = bilingual(pdf, page.title, 15, y);
  y = line(pdf, page.number, { font: 'Helvetica-Bold', size: 15, y: y + 4 }) + 8;
  for (const fact of page.facts) y = bilingual(pdf, fact, 10, y) + 3;
  y = perProvince(pdf, page, bilingual(pdf, page.provinces, 10, y + 8));
  for (const { label, sha256 } of page.hashes)
    y = line(pdf, sha256, { font: 'Courier', size: 10, y: bilingual(pdf, label, 10, y + 8) });
  for (const one of page.people) y = bilingual(pdf, one, 10, y + 24);
}

/** In two columns, or in four where two are too short: a hundred codes of two digits fit. */
function perProvince(pdf: PDFKit.PDFDocument, { perProvince: lines }: DecreePage, top: number): number {
  const columns = lines.length > 2 * PROVINCE_LINES ? 4 : 2;
  const rows = Math.ceil(lines.length / columns);
  for (const [i, text] of lines.entries()) {
    const x = MARGIN + Math.floor(i / rows) * (WIDTH / columns);
    const y = top + (i % rows) * PROVINCE_HEIGHT;
    line(pdf, text, { font: 'Helvetica', size: 9, y, x, width: WIDTH / columns });
  }
  return top + rows * PROVINCE_HEIGHT;
}

/** Indonesian, and English in smaller type below it. @returns where the next line begins */
function bilingual(pdf: PDFKit.PDFDocument, { id, en }: Bilingual, size: number, y: number): number {
  return line(pdf, en, {
    ...{ font: 'Helvetica-Oblique', size: size * SMALL },
    y: line(pdf, id, { font: 'Helvetica', size, y }),
  });
}

interface Place {
  readonly font: string;
  readonly size: number;
  readonly y: number;
  readonly x?: number;
  readonly width?: number;
}

/** One line, smaller where it would be too long. @returns where the next line begins */
function line(pdf: PDFKit.PDFDocument, text: string, { font, size, y, x = MARGIN, width = WIDTH }: Place): number {
  pdf.font(font).fontSize(size);
  const fits = Math.min(size, (size * width) / pdf.widthOfString(text));
  pdf.fontSize(fits).text(text, x, y, { lineBreak: false });
  return y + size * 1.2;
}
