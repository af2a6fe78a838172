import { isReason, reasons } from '../../jobs/reasons.ts';
import type { ExplainedPerson, Explanation, Why } from './explain.ts';

/** The sentences of a language about one person. */
export interface ExplainTexts {
  readonly notAnId: string;
  readonly notInPool: (registrationId: string) => string;
  readonly place: (person: ExplainedPerson) => string;
  readonly selected: (placesOf: (Why & { kind: 'selected' })['placesOf']) => string;
  readonly household: (why: Why & { kind: 'household' }) => string;
  readonly order: (why: Why & { kind: 'order' }, person: ExplainedPerson) => string;
  readonly confirmed: string;
  readonly removed: (reason: string) => string;
  readonly promoted: (replaces: string) => string;
}

export const explainTexts: ExplainTexts = {
  notAnId: 'A registration_id has 1 to 64 of the characters A-Z a-z 0-9 . _ - and no other.',
  notInPool: (id) =>
    `${id} is not in the pool of this draw. Check how it is written; else the office tells why, with "prakerja explain ${id}".`,
  place: ({ registrationId, provinceCode, track, rank, people, waitingRank, ticket }) =>
    `${registrationId} (province ${provinceCode}, track ${track}) has rank ${rank} of ${people}, ` +
    `${waitingRank === undefined ? 'selected' : `number ${waitingRank} of the waiting list`}; ticket ${ticket}.`,
  selected: (placesOf) =>
    ({
      track: 'Selected for a place of your province and track.',
      province: 'Selected for a place of your province that the tracks had left over.',
      nation: 'Selected for a place that provinces had left over, given nationwide.',
    })[placesOf],
  household: ({ prior, selected, cap }) =>
    'Not selected although it was your turn: your family card has as many participants as the cap allows ' +
    `(${prior} of earlier batches and ${selected} of this draw; the cap is ${cap}).`,
  order: ({ last }, { score }) => {
    if (last === undefined) return 'Not selected: no place went to your province and track.';
    const ahead =
      score === null
        ? 'lower tickets than yours'
        : `a higher score than yours (${score}), or the same and a lower ticket`;
    const its = last.score === null ? `ticket ${last.ticket}` : `score ${last.score} and ticket ${last.ticket}`;
    return `Not selected: the places went to people with ${ahead}; the last selected of your province and track has ${its}.`;
  },
  confirmed: 'The decree confirms the place.',
  removed: (reason) =>
    `The decree removes you, for on that day you could not be set (${reason}): ${isReason(reason) ? reasons[reason].en : reason}`,
  promoted: (replaces) => `The decree promotes you to the place that ${replaces} lost.`,
};

/** Place, reason and decree, each in a sentence. */
export function explainSentences(texts: ExplainTexts, explanation: Explanation): readonly string[] {
  if (explanation.kind === 'not_an_id') return [texts.notAnId];
  if (explanation.kind === 'not_in_pool') return [texts.notInPool(explanation.registrationId)];
  const { why, decree } = explanation;
  return [
    texts.place(explanation),
    whySentence(texts, explanation, why),
    ...(decree ? [decreeSentence(texts, decree)] : []),
  ];
}

function whySentence(texts: ExplainTexts, person: ExplainedPerson, why: Why): string {
  if (why.kind === 'selected') return texts.selected(why.placesOf);
  return why.kind === 'household' ? texts.household(why) : texts.order(why, person);
}

function decreeSentence(texts: ExplainTexts, decree: NonNullable<ExplainedPerson['decree']>): string {
  if (decree.decision === 'confirmed') return texts.confirmed;
  return decree.decision === 'removed' ? texts.removed(decree.reason) : texts.promoted(decree.replaces);
}
