import { checkText, type Explanation, explainSentences, isNote } from '../../workers/assignment/rules.ts';
import { byId, element } from './elements.ts';
import type { Outcome } from './messages.ts';
import type { FixedTexts, Language, Texts } from './texts.ts';

/** Puts what stands in the page as it is into the language. */
export function showFixed(language: Language, fixed: FixedTexts): void {
  document.documentElement.lang = language;
  document.title = fixed.title;
  for (const place of document.querySelectorAll<HTMLElement>('[data-text]')) {
    place.textContent = fixed[place.dataset.text as keyof FixedTexts];
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  }
}

/** Every check as a sentence with what it came to, and the first difference. */
export function showOutcome(text: Texts, outcome: Outcome): void {
  const verdict = outcome.drawn ? text.right : text.rightUndrawn;
  byId('verdict', HTMLParagraphElement).textContent = outcome.ok ? verdict : text.wrong;
  byId('verdict', HTMLParagraphElement).className = outcome.ok ? 'right' : 'wrong';
  const lines = outcome.checked.map((checked) => {
    const sentence = checkText(text.checks, checked);
    return isNote(checked) ? line('note', `– ${text.note}`, sentence) : line('right', `✓ ${text.ok}`, sentence);
  });
  byId('checks', HTMLUListElement).replaceChildren(...lines, ...failure(text, outcome));
  byId('hash', HTMLDivElement).hidden = outcome.commitmentSha256 === undefined;
  byId('sha256', HTMLElement).textContent = outcome.commitmentSha256 ?? '';
}

function failure(text: Texts, { difference, failedAt }: Outcome): readonly HTMLElement[] {
  if (difference === undefined || failedAt === undefined) return [];
  const translated = text.difference(difference);
  const sentence = element('span', '', translated ?? difference);
  if (translated === undefined) sentence.lang = 'en';
  const failed = line('wrong', `✗ ${text.notOk}`, text.steps[failedAt]);
  failed.append(element('p', '', element('strong', '', `${text.firstDifference}: `), sentence));
  if (failedAt === 'chain') failed.append(element('p', 'note', text.chooseParent));
  return [failed];
}

function line(kind: string, mark: string, sentence: string): HTMLElement {
  return element('li', '', element('span', `mark ${kind}`, `${mark}: `), sentence);
}

/** Whether the hash that was published is that of the files. */
export function showHash(text: Texts, outcome: Outcome, published: string): void {
  const same = published.trim().toLowerCase() === outcome.commitmentSha256;
  const place = byId('same', HTMLParagraphElement);
  place.className = same ? 'right' : 'wrong';
  place.textContent = published.trim() === '' ? '' : same ? text.sameHash : text.otherHash;
}

/** What was decided about one registration, and why. */
export function showExplanation(text: Texts, explanation: Explanation | undefined): void {
  const place = byId('answer', HTMLDivElement);
  place.replaceChildren();
  if (explanation === undefined) return;
  const sentences = explainSentences(text.explain, explanation);
  if (explanation.kind !== 'person') {
    place.append(...sentences.map((sentence) => element('p', '', sentence)));
    return;
  }
  const { fixed } = text;
  const facts = [
    [fixed.decision, text.decisions[explanation.decision]],
    [fixed.rank, text.rankOf(explanation.rank, explanation.people, explanation.waitingRank)],
    [fixed.province, explanation.provinceCode],
    [fixed.track, text.tracks[explanation.track]],
    [fixed.ticket, explanation.ticket],
  ] as const;
  const list = element(
    'dl',
    '',
    ...facts.flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)]),
  );
  // The first sentence says what the list shows.
  place.append(list, ...sentences.slice(1).map((sentence) => element('p', '', sentence)));
}
