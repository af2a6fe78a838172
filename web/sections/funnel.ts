import { html } from 'hono/html';
import { type Html, note, type Speaker, section } from '../html.ts';
import type { Snapshot } from '../snapshot.ts';
import type { FunnelStep } from '../texts.ts';

const steps: readonly FunnelStep[] = [
  'registered',
  'unique',
  'email_verified',
  'nik_valid',
  'layer3_passed',
  'joined',
  'participants',
  'training',
  'completed',
  'incentive_recipients',
];

/** Nobody is drawn as nothing, one person as a hairline: a step that has people is always seen. */
const WIDTH_MIN = 0.6;
const WIDTH = 100;
const HEIGHT = 40;

/** One slice of the funnel, from this step's width to the next one's; stacked rows make one drawing. */
function slice(from: number, to: number, depth: number): Html {
  const x = (width: number) => [((WIDTH - width) / 2).toFixed(2), ((WIDTH + width) / 2).toFixed(2)];
  const [leftTop, rightTop] = x(from);
  const [leftEnd, rightEnd] = x(to);
  const path = `M${leftTop} 0H${rightTop}V${HEIGHT * 0.72}L${rightEnd} ${HEIGHT}H${leftEnd}L${leftTop} ${HEIGHT * 0.72}Z`;
  return html`<svg class="slice depth-${depth}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`;
}

/** The funnel: each row of the table carries its figure and its slice of the drawing, so that both are read together. */
export function funnelSection({ text, format }: Speaker, { funnel }: Snapshot): Html {
  const { registered } = funnel;
  const width = (n: number) => (n === 0 ? 0 : Math.max(WIDTH_MIN, (n / Math.max(registered, 1)) * WIDTH));
  const rows = steps.map((step, index) => {
    const next = steps[index + 1] ?? step;
    return html`<tr><th scope="row" class="text">${text.funnel.steps[step]}</th>
<td class="drawing">${slice(width(funnel[step]), width(funnel[next]), Math.floor(index / 2))}</td>
<td class="number strong">${format.count(funnel[step])}</td>
<td class="number quiet">${format.share(funnel[step], registered)}</td></tr>`;
  });
  const { title, step, drawing, count, share, paid } = text.funnel;
  return section(
    'funnel',
    title,
    note(text.funnel.note),
    html`<table class="funnel"><caption class="unseen">${title}</caption>
<thead><tr><th scope="col" class="text">${step}</th><td class="drawing" aria-label="${drawing}"></td>
<th scope="col" class="number">${count}</th><th scope="col" class="number">${share}</th></tr></thead>
<tbody>${rows}</tbody>
<tfoot><tr><th scope="row" class="text">${paid}</th><td></td><td class="number strong" colspan="2">${format.rupiah(funnel.incentive_paid_idr)}</td></tr></tfoot>
</table>`,
  );
}
