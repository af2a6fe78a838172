import { html } from 'hono/html';
import type { BatchState } from '../../db/batch.ts';
import { type Html, quiet, type Speaker, section, table } from '../html.ts';
import type { Snapshot } from '../snapshot.ts';

/** The batches, newest first, in the numbers of `batch show`. */
export function batchesSection({ text, format }: Speaker, { batches }: Snapshot): Html {
  const t = text.batches;
  if (batches.length === 0) return section('batches', t.title, html`<p class="empty">${t.none}</p>`);
  const number = (n: number) => quiet(format.count(n), n === 0);
  const rows = batches.map((batch) => [
    String(batch.batch),
    html`<span class="state ${batch.state}">${t.states[batch.state as BatchState]}</span>`,
    number(batch.joined),
    number(batch.pool),
    number(batch.quota),
    number(batch.selected),
    number(batch.participants),
    batch.closes ? html`<span class="whole">${format.shortTime(batch.closes)}</span>` : '–',
  ]);
  const numbers = [t.joined, t.pool, t.quota, t.selected, t.participants].map((head) => ({ head, number: true }));
  return section(
    'batches',
    t.title,
    table(t.title, [{ head: t.batch }, { head: t.state }, ...numbers, { head: t.closes }], rows),
  );
}
