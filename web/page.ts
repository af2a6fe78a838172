import { html, raw } from 'hono/html';
import type { Html, Speaker } from './html.ts';
import { attention } from './sections/attention.ts';
import { batchesSection } from './sections/batches.ts';
import { funnelSection } from './sections/funnel.ts';
import { breaksSection, payoutsSection } from './sections/money.ts';
import { reasonsSection } from './sections/reasons.ts';
import { stagesSection } from './sections/stages.ts';
import type { Snapshot } from './snapshot.ts';
import { css } from './style.ts';
import { languages } from './texts.ts';

const REFRESH_SECONDS = 15;
const LANGUAGE_NAMES = { id: 'Bahasa Indonesia', en: 'English' } as const;
const RULES_TIME_DIFFERS_MS = 60_000;
const ICON =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 8 8%22%3E%3Cpath d=%22M0 1h8L5 5v3H3V5z%22 fill=%22%231f7a8c%22/%3E%3C/svg%3E';

interface Frame {
  readonly speaker: Speaker;
  /** Where the browser goes by itself, and after how many seconds. */
  readonly refresh?: { readonly seconds: number; readonly to?: string };
}

/** The document around every page. */
function frame({ speaker, refresh }: Frame, body: Html): Html {
  const content = refresh && (refresh.to === undefined ? `${refresh.seconds}` : `${refresh.seconds};url=${refresh.to}`);
  return html`<!doctype html>
<html lang="${speaker.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${content === undefined ? '' : html`<meta http-equiv="refresh" content="${content}">`}
<title>${speaker.text.title}</title>
<link rel="icon" href="${raw(ICON)}">
<style>${raw(css)}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

function address(language: string, refreshing: boolean): string {
  return `/?lang=${language}${refreshing ? '' : '&refresh=off'}`;
}

/** The console's one page. Refreshing can be paused: a page that reloads under a reader's hands is no help. */
export function overviewPage(speaker: Speaker, snapshot: Snapshot, refreshing: boolean): Html {
  const { text, language } = speaker;
  const parts = ['funnel', 'stages', 'reasons', 'batches', 'payouts', 'breaks'] as const;
  const others = languages.map((other) =>
    other === language
      ? html`<span lang="${other}" aria-current="true">${LANGUAGE_NAMES[other]}</span>`
      : html`<a href="${address(other, refreshing)}" lang="${other}" hreflang="${other}">${LANGUAGE_NAMES[other]}</a>`,
  );
  const body = html`<a class="skip" href="#content">${text.skip}</a>
<header><h1>${text.title} <span class="badge">${text.readOnly}</span></h1>
<nav class="languages" aria-label="${text.language}">${others}</nav></header>
${when(speaker, snapshot, refreshing)}
<nav class="jump" aria-label="${text.sections}">${parts.map((id) => html`<a href="#${id}">${text[id].title}</a> `)}</nav>
<main id="content">
${attention(speaker, snapshot)}
${funnelSection(speaker, snapshot)}
${stagesSection(speaker, snapshot)}
${reasonsSection(speaker, snapshot)}
${batchesSection(speaker, snapshot)}
${payoutsSection(speaker, snapshot)}
${breaksSection(speaker, snapshot)}
</main>`;
  return frame(refreshing ? { speaker, refresh: { seconds: REFRESH_SECONDS } } : { speaker }, body);
}

function when({ text, format, language }: Speaker, { at, now }: Snapshot, refreshing: boolean): Html {
  const other = Math.abs(now.getTime() - at.getTime()) > RULES_TIME_DIFFERS_MS;
  const rules = other ? html`; ${text.rulesNow(format.time(now))}` : '';
  const how = refreshing ? text.refresh.on(REFRESH_SECONDS) : text.refresh.off;
  return html`<p class="when">${text.asOf(format.time(at))}${rules} · ${how} ·
<a href="${address(language, !refreshing)}">${refreshing ? text.pause : text.resume}</a> ·
<a href="${address(language, refreshing)}">${text.reload}</a></p>`;
}

/** A page that says one thing. */
export function messagePage(speaker: Speaker, title: string, sentence: string, refresh?: Frame['refresh']): Html {
  const link = refresh?.to === undefined ? sentence : html`<a href="${refresh.to}">${sentence}</a>`;
  return frame(
    refresh ? { speaker, refresh } : { speaker },
    html`<main class="message"><h1>${title}</h1><p>${link}</p></main>`,
  );
}
