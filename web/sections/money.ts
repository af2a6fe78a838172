import { html } from 'hono/html';
import { payoutReasons } from '../../jobs/payout-reasons.ts';
import { isReason, reasons } from '../../jobs/reasons.ts';
import { instalmentStates } from '../../workers/payout/rules.ts';
import { type Html, quiet, type Speaker, section, table } from '../html.ts';
import type { Snapshot } from '../snapshot.ts';

/** Instalments by state, and why those that are held are held. */
export function payoutsSection(speaker: Speaker, { payouts, held }: Snapshot): Html {
  const { text, format } = speaker;
  const t = text.payouts;
  if (payouts.length === 0) return section('payouts', t.title, html`<p class="empty">${t.none}</p>`);
  const rows = instalmentStates
    .map((state) => ({ state, there: payouts.filter((row) => row.state === state) }))
    .filter(({ there }) => there.length > 0)
    .map(({ state, there }) => {
      const of = (kind: string) => there.find((row) => row.kind === kind)?.n ?? 0;
      const total = there.reduce((sum, row) => sum + BigInt(row.total_idr), 0n);
      const counts = [of('incentive'), of('survey')].map((n) => quiet(format.count(n), n === 0));
      return [html`<span class="state ${state}">${t.states[state]}</span>`, ...counts, format.rupiah(String(total))];
    });
  const columns = [t.incentive, t.survey, t.amount].map((head) => ({ head, number: true }));
  const body = table(t.title, [{ head: t.state }, ...columns], rows);
  return section('payouts', t.title, body, ...heldTable(speaker, held));
}

function heldTable({ text, format, language }: Speaker, held: Snapshot['held']): Html[] {
  if (held.length === 0) return [];
  const t = text.payouts;
  const rows = held.map(({ reason, n }) => [
    html`${textOf(reason, language)}<span class="code"><code>${reason}</code></span>`,
    format.count(n),
  ]);
  return [
    html`<h3>${t.held}</h3>`,
    table(t.held, [{ head: text.reasons.reason }, { head: text.breaks.count, number: true }], rows),
  ];
}

/** Held reasons are payout's own or those of layer 3 (`excluded_…`); one that is in no registry is shown as it is. */
function textOf(reason: string, language: 'id' | 'en'): string {
  if (isReason(reason)) return reasons[reason][language];
  const own: Readonly<Record<string, { readonly id: string; readonly en: string }>> = payoutReasons;
  return own[reason]?.[language] ?? reason;
}

/** Open breaks between our books and the bank's, by type. */
export function breaksSection({ text, format }: Speaker, { breaks }: Snapshot): Html {
  const t = text.breaks;
  if (breaks.length === 0) return section('breaks', t.title, html`<p class="empty">${t.none}</p>`);
  const rows = breaks.map(({ type, n, totalIdr, oldestDays }) => [
    html`${t.types[type] ?? type}<span class="code"><code>${type}</code></span>`,
    format.count(n),
    format.rupiah(totalIdr),
    t.days(format.count(oldestDays)),
  ]);
  const columns = [t.count, t.amount, t.age].map((head) => ({ head, number: true }));
  return section('breaks', t.title, table(t.title, [{ head: t.type }, ...columns], rows));
}
