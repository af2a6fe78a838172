import type { CheckTexts, ExplainTexts, VerifyStep } from '../../workers/assignment/rules.ts';
import { english } from './texts-en.ts';
import { indonesian } from './texts-id.ts';

/** What stands in the page as it is; the names are those of `data-text` in page.html. */
export interface FixedTexts {
  readonly title: string;
  readonly intro: string;
  readonly choose: string;
  readonly chooseNote: string;
  readonly files: string;
  readonly directory: string;
  readonly drop: string;
  readonly which: string;
  readonly start: string;
  readonly progress: string;
  readonly outcome: string;
  readonly hashTitle: string;
  readonly hashNote: string;
  readonly published: string;
  readonly personTitle: string;
  readonly personNote: string;
  readonly registration: string;
  readonly ask: string;
  readonly ticket: string;
  readonly rank: string;
  readonly track: string;
  readonly province: string;
  readonly decision: string;
}

export interface Texts {
  readonly fixed: FixedTexts;
  readonly steps: Readonly<Record<VerifyStep, string>>;
  readonly checks: CheckTexts;
  readonly explain: ExplainTexts;
  /** A difference in this language; undefined when only its English is there. */
  readonly difference: (english: string) => string | undefined;
  readonly right: string;
  readonly rightUndrawn: string;
  readonly wrong: string;
  readonly ok: string;
  readonly notOk: string;
  /** Of what could not be checked. */
  readonly note: string;
  readonly firstDifference: string;
  readonly chooseParent: string;
  readonly noDraw: string;
  readonly failed: (message: string) => string;
  readonly sameHash: string;
  readonly otherHash: string;
  readonly tracks: { readonly whitelist: string; readonly public: string };
  readonly rankOf: (rank: number, people: number, waitingRank: number | undefined) => string;
  readonly decisions: { readonly selected: string; readonly waiting_list: string };
}

export type Language = 'id' | 'en';
export const texts: Readonly<Record<Language, Texts>> = { id: indonesian, en: english };
