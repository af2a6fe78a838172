import type { Funnel } from '../db/funnel.ts';
import { PUBLISHED } from '../sim/nation/index.ts';

export interface ComparedLine {
  readonly key: string;
  readonly label: string;
  readonly published: number;
  /** The published figure at this size. */
  readonly scaled: number;
  readonly measured: number;
  readonly difference_percent: number;
}

const BAR_WIDTH = 640;
const BAR_HEIGHT = 30;

/** The funnel beside the published one, with the difference per line. */
export function compareFunnel(funnel: Funnel): { rows: ComparedLine[]; lines: string[] } {
  const nation = PUBLISHED[0]?.value ?? 1;
  const rows = PUBLISHED.map(({ key, label, value }): ComparedLine => {
    const measured = Number(funnel[key as keyof Funnel]);
    const scaled = (value * funnel.registered) / nation;
    return { key, label, published: value, scaled, measured, difference_percent: (measured / scaled - 1) * 100 };
  });
  const head = ['', 'published', `at this size`, 'here', 'difference'];
  const lines = [head, ...rows.map(cells)].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(28) : cell.padStart(22))).join(''),
  );
  return { rows, lines };
}

function cells({ label, published, scaled, measured, difference_percent }: ComparedLine): string[] {
  const sign = difference_percent >= 0 ? '+' : '';
  return [
    label,
    number(published),
    number(Math.round(scaled)),
    number(measured),
    `${sign}${difference_percent.toFixed(2)} %`,
  ];
}

function number(value: number): string {
  return value.toLocaleString('en');
}

interface ReportFacts {
  readonly rows: readonly ComparedLine[];
  readonly applicants: number;
  readonly seconds: number;
  readonly funnel: Funnel;
  readonly payouts: readonly string[];
}

/** A page that stands alone: the funnel drawn, the comparison, the reasons, the payment. */
export function reportHtml({ rows, applicants, seconds, funnel, payouts }: ReportFacts): string {
  const people = rows.filter((row) => row.key !== 'incentive_paid_idr');
  const top = Math.max(1, ...people.map((row) => Math.max(row.measured, row.scaled)));
  const bars = people.map((row, i) => bar(row, i, top)).join('');
  const table = rows
    .map(
      (row) =>
        `<tr><th scope="row">${html(row.label)}</th>${cells(row)
          .slice(1)
          .map((cell) => `<td>${html(cell)}</td>`)
          .join('')}</tr>`,
    )
    .join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Prakerja: the funnel</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.6rem}table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{padding:.35rem .6rem;border-bottom:1px solid #d9dee6;text-align:right}
th[scope=row],th:first-child{text-align:left;font-weight:500}svg{width:100%;height:auto}small{color:#55606e}
@media(prefers-color-scheme:dark){body{background:#12161c;color:#e6eaf0}th,td{border-color:#333c48}small{color:#9aa6b4}}</style></head><body>
<h1>From ${number(applicants)} submissions to a decree and a reconciled payment</h1>
<p>Played in ${seconds} seconds on this machine. All people are synthetic.</p>
<svg viewBox="0 0 ${BAR_WIDTH + 300} ${people.length * (BAR_HEIGHT + 10)}" role="img" aria-label="The funnel: each bar is a stage, the line in it the published figure at this size">${bars}</svg>
<p><small>Bar: this run. Line: the published figure of 15 September 2020, scaled to this size.</small></p>
<table><thead><tr><th></th><th>published</th><th>at this size</th><th>here</th><th>difference</th></tr></thead><tbody>${table}</tbody></table>
${payouts.map((line) => `<p>${html(line)}</p>`).join('\n')}
${reasons('Rejected', funnel.rejected)}${reasons('Waiting', funnel.waiting)}${reasons('Parked', funnel.parked)}
</body></html>
`;
}

function bar({ label, measured, scaled }: ComparedLine, i: number, top: number): string {
  const y = i * (BAR_HEIGHT + 10);
  const width = Math.max(1, (measured / top) * BAR_WIDTH);
  const mark = (scaled / top) * BAR_WIDTH;
  const text = y + BAR_HEIGHT / 2 + 5;
  return `<rect x="200" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="3" fill="#2f6fb3"/><line x1="${(200 + mark).toFixed(1)}" x2="${(200 + mark).toFixed(1)}" y1="${y - 2}" y2="${y + BAR_HEIGHT + 2}" stroke="#d9822b" stroke-width="3"/><text x="190" y="${text}" text-anchor="end" font-size="15" fill="currentColor">${html(label)}</text><text x="${(210 + Math.max(width, mark)).toFixed(1)}" y="${text}" font-size="15" fill="currentColor">${number(measured)}</text>`;
}

function reasons(title: string, counts: Record<string, number>): string {
  const rows = Object.entries(counts).map(
    ([reason, n]) => `<tr><th scope="row">${html(reason)}</th><td>${number(n)}</td></tr>`,
  );
  return rows.length === 0 ? '' : `<h2>${title}</h2><table><tbody>${rows.join('')}</tbody></table>`;
}

function html(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] as string);
}
