import { html } from 'hono/html';
import { type Format, formatOf } from './format.ts';
import { type Language, type Texts, texts } from './texts.ts';

/** Escaped HTML; nested pieces and lists of them may be put into another `html` template. */
export type Html = ReturnType<typeof html>;

/** What every piece of the page needs to speak to its reader. */
export interface Speaker {
  readonly language: Language;
  readonly text: Texts;
  readonly format: Format;
}

export function speakerOf(language: Language): Speaker {
  return { language, text: texts[language], format: formatOf(language) };
}

export interface Column {
  readonly head: string;
  /** Numbers stand to the right, so that digits align. */
  readonly number?: boolean;
}

/** A table whose first column names its rows; on a narrow screen it scrolls in its own frame, also by keyboard. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (string | Html)[])[],
): Html {
  const kind = (index: number) => (columns[index]?.number ? 'number' : 'text');
  const heads = columns.map(({ head }, index) => html`<th scope="col" class="${kind(index)}">${head}</th>`);
  const lines = rows.map((cells) => {
    const rest = cells.slice(1).map((cell, index) => html`<td class="${kind(index + 1)}">${cell}</td>`);
    return html`<tr><th scope="row" class="text">${cells[0]}</th>${rest}</tr>`;
  });
  return html`<div class="frame" role="region" aria-label="${caption}" tabindex="0"><table>
<caption class="unseen">${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${lines}</tbody>
</table></div>`;
}

export function section(id: string, title: string, ...body: (string | Html)[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`;
}

export function note(text: string): Html {
  return html`<p class="note">${text}</p>`;
}

/** A zero is there to be read over: it steps back. */
export function quiet(text: string, isZero: boolean): string | Html {
  return isZero ? html`<span class="zero">${text}</span>` : text;
}
