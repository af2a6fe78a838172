import { html } from 'hono/html';
import { isReason, reasons } from '../../jobs/reasons.ts';
import { isVerdictStage } from '../../jobs/stages.ts';
import { type Html, note, type Speaker, section, table } from '../html.ts';
import type { Snapshot } from '../snapshot.ts';

const outcomes = ['parked', 'waiting', 'rejected'] as const;

/** Why people wait, are parked or were rejected, most frequent first, in the words of the registry of reasons. */
export function reasonsSection(speaker: Speaker, { funnel }: Snapshot): Html {
  const t = speaker.text.reasons;
  const parts = outcomes.map((outcome) => {
    const counts = Object.entries(funnel[outcome]).sort(([, a], [, b]) => b - a);
    const body =
      counts.length === 0
        ? html`<p class="empty">${t.none}</p>`
        : table(
            t[outcome],
            [{ head: t.reason }, { head: t.people, number: true }, { head: t.requeue }],
            counts.map(([key, n]) => row(speaker, key, n)),
          );
    return html`<h3>${t[outcome]}</h3>${body}`;
  });
  return section('reasons', t.title, note(t.note), ...parts);
}

/** `key` is "stage.reason", as the funnel counts them. */
function row({ text, format, language }: Speaker, key: string, n: number): (string | Html)[] {
  const [stage = '', reason = ''] = key.split('.');
  const known = isReason(reason) ? reasons[reason] : undefined;
  const name = isVerdictStage(stage) ? text.stages.names[stage] : stage;
  return [
    html`${known?.[language] ?? reason}<span class="code"><code>${stage}</code> <code>${reason}</code><span class="unseen"> ${name}</span></span>`,
    format.count(n),
    known?.requeue ? text.reasons.yes : text.reasons.no,
  ];
}
