import { html } from 'hono/html';
import { verdictStages } from '../../jobs/stages.ts';
import type { StageStatus } from '../../workers/runtime/status.ts';
import { type Html, note, quiet, type Speaker, section, table } from '../html.ts';
import type { Snapshot } from '../snapshot.ts';

const parts = ['passed', 'waiting', 'parked', 'rejected'] as const;

/** How far a stage is, as one bar: passed, waiting, parked, rejected; what is undecided stays empty. */
function bar(stage: StageStatus): Html {
  let x = 0;
  const pieces = parts.map((part) => {
    const width = stage.in > 0 ? (stage[part] / stage.in) * 100 : 0;
    const piece = html`<rect class="${part}" x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="6"/>`;
    x += width;
    return piece;
  });
  return html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="rest" width="100" height="6"/>${pieces}</svg>`;
}

/** The four verdict stages, with the registry's use and forecast. */
export function stagesSection({ text, format }: Speaker, { status, chunks }: Snapshot): Html {
  const t = text.stages;
  const number = (n: number) => quiet(format.count(n), n === 0);
  const rows = verdictStages.map((name) => {
    const stage = status.stages[name];
    const eta = stage.eta === null ? t.unknown : stage.eta === 0 ? t.done : format.duration(stage.eta);
    return [
      html`${t.names[name]}${bar(stage)}`,
      format.count(stage.in),
      number(stage.passed),
      number(stage.rejected),
      number(stage.waiting),
      number(stage.parked),
      number(stage.undecided),
      number(stage.per_second),
      eta,
    ];
  });
  const heads = [t.in, t.passed, t.rejected, t.waiting, t.parked, t.undecided, t.perSecond, t.eta];
  const columns = [{ head: t.stage }, ...heads.map((head) => ({ head, number: true }))];
  const { used_today, left_today, forecast } = status.registry;
  const left = left_today === null ? undefined : format.count(left_today);
  const end = forecast === null ? undefined : forecast === 0 ? '' : format.duration(forecast);
  const inState = (state: string) => chunks.filter((row) => row.state === state).reduce((sum, { n }) => sum + n, 0);
  const [ready = '', running = '', failed = ''] = ['ready', 'running', 'failed'].map((state) =>
    format.count(inState(state)),
  );
  const legend = parts.map((part) => html`<li><span class="key ${part}"></span>${t[part]}</li>`);
  return section(
    'stages',
    t.title,
    note(t.note),
    html`<ul class="legend" aria-hidden="true">${legend}</ul>`,
    table(t.title, columns, rows),
    html`<p class="registry">${t.registry(format.count(used_today), left, end)}<br>${t.chunks(ready, running, failed)}</p>`,
  );
}
