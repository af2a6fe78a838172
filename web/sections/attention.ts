import { html } from 'hono/html';
import type { Html, Speaker } from '../html.ts';
import type { Snapshot } from '../snapshot.ts';

/** Ready work that nobody has taken for so long is worth a line. */
const IDLE_SECONDS_MAX = 60;

/** The first thing to read: what waits for a person, each line leading to its table. */
export function attention({ text, format }: Speaker, snapshot: Snapshot): Html {
  const t = text.attention;
  const { funnel, breaks, chunks, payouts, progress, status } = snapshot;
  const { is_silent, silent_seconds } = status.registry;
  const parked = sum(Object.values(funnel.parked));
  const open = sum(breaks.map(({ n }) => n));
  const failed = sum(chunks.filter(({ state }) => state === 'failed').map(({ n }) => n));
  const inState = (...states: string[]) => sum(payouts.filter((row) => states.includes(row.state)).map(({ n }) => n));
  const unknown = inState('unknown');
  const returned = inState('rejected', 'returned');
  const idle = Math.max(0, ...progress.map(({ oldestReady_seconds }) => oldestReady_seconds ?? 0));
  const lines = [
    ...(failed > 0 ? [{ to: 'stages', line: t.failed(format.count(failed)) }] : []),
    ...(idle > IDLE_SECONDS_MAX ? [{ to: 'stages', line: t.idle(format.duration(idle)) }] : []),
    ...(is_silent ? [{ to: 'stages', line: t.silent(format.duration(silent_seconds)) }] : []),
    ...(unknown > 0 ? [{ to: 'payouts', line: t.unknown(format.count(unknown)) }] : []),
    ...(open > 0 ? [{ to: 'breaks', line: t.breaks(format.count(open)) }] : []),
    ...(returned > 0 ? [{ to: 'payouts', line: t.returned(format.count(returned)) }] : []),
    ...(parked > 0 ? [{ to: 'reasons', line: t.parked(format.count(parked)) }] : []),
  ];
  if (lines.length === 0) return html`<p class="attention calm">${t.none}</p>`;
  return html`<div class="attention" role="region" aria-label="${t.title}"><p class="lead">${t.title}</p>
<ul>${lines.map(({ to, line }) => html`<li><a href="#${to}">${line}</a></li>`)}</ul></div>`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
